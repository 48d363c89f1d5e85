"""The page Studies: its list, bad input, a run, and the table beside the paper's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_digits import made_digits
from page_runs import click, labels_of, page, run
from shown_cases import kinds_in_case
from streamlit.testing.v1 import AppTest

from core.cases.case_folder import new_case
from core.studies import arif_paper, study_run
from core.studies.study_figures import GROUP_COLUMNS, UNIT_COLUMNS
from core.types.study_tables import StudyPanel, StudyTable
from pages.parts.session.case_state import CurrentCase
from pages.parts.session.session import Session
from pages.parts.session.shown_records import begin_records, held_of_page
from pages.parts.studies import study_form, study_list, study_pictures
from pages.parts.studies.studies_settings import StudiesSettings


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study_run, "user_cache", lambda: tmp_path / "cache")


def finished(test: AppTest) -> str:
    job = test.session_state["session"].job
    assert job.thread
    job.thread.join(60)
    return run(test)


def table() -> StudyTable:
    printed = (("FGSM", *arif_paper.MISCLASSIFIED["FGSM"]),)
    columns = ("attack", *(f"{eps:g}" for eps in arif_paper.TABLE_3_EPSILONS))
    rows = (("FGSM", 0, 0, 2, 13, 46, 83),)
    settings = {"seed": 0, "clean accuracy": 0.98}
    return StudyTable(
        "arif", "table 3", columns, rows, printed, settings, 100, "Digits", "FGSM turns 13% of 100.", ("Few.",), 9834
    )


def test_bad_input_is_said_and_a_run_measures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    test = page("studies", Session())
    words = run(test)
    assert "Arif: attacks on a classifier of digits" in words
    assert "Does a paper's experiment come out the same" in words
    assert labels_of(test, "button")[1:4] == [
        "Table 3",
        "Table 4",
        "Figure 5",
    ]
    assert "Give the folder of the data first: it holds mnist.npz" in click(test, "Measure")
    test.text_input[0].set_value(str(tmp_path))
    assert "needs files that are missing from" in click(test, "Measure")
    asked: list[object] = []

    def measured(*given: object, **named: object) -> StudyTable:
        asked.append((given, named["data"], named["minutes"]))
        return table()

    monkeypatch.setattr(study_form, "run_study", measured)
    test.text_input[0].set_value(str(made_digits(tmp_path, train=10, test=10)))
    click(test, "Measure")
    words = finished(test)
    assert asked == [(("arif", "table 3"), tmp_path, 5.0)]
    assert "FGSM turns 13% of 100." in words
    assert labels_of(test) == ["Table as CSV", "Table as JSON"]
    shown = test.table[0].value
    assert str(shown["0.1"].iloc[0]).replace("\\", "") == "13 (13%)"


def test_kept_tables_are_read_when_they_change_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    study_run._keep(table(), study_run.studies_folder())
    read: list[str] = []

    def kept(name: str, part: str) -> StudyTable | None:
        read.append(part)
        return study_run.kept_table(name, part)

    monkeypatch.setattr(study_list, "kept_table", kept)
    desk = Session()
    for _ in range(2):
        run(test := page("studies", desk))
        assert "Table 3: measured, n = 100" in labels_of(test, "button")
        assert read == ["table 3"]
    study_run._keep(replace(table(), n=200), study_run.studies_folder())
    run(test := page("studies", desk))
    assert "Table 3: measured, n = 200" in labels_of(test, "button")


def test_its_table_is_added_to_the_case_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROSOPON_CONFIG", str(tmp_path / "config"))
    desk = Session()
    desk.page_state(StudiesSettings).shown = table()
    run(test := page("studies", desk))
    assert "Add to case" not in labels_of(test, "button"), "no case is open"
    case = new_case(tmp_path / "case", "First")
    desk.page_state(CurrentCase).folder = case.root
    run(test := page("studies", desk))
    click(test, "Add to case")
    finished(test)
    (one,) = case.state().records
    assert (one.exhibit, one.kind, one.words, one.settings["seed"]) == ("", "study", "FGSM turns 13% of 100.", 0)
    begin_records(desk, "Methods")
    assert held_of_page(desk) == [], "it is of another page"


def test_every_part_is_drawn_and_a_stop_is_said(tmp_path: Path) -> None:
    desk = Session()
    settings = desk.page_state(StudiesSettings)
    shares = tuple((name, 1.0, 0.9, 0.9, 0.9, 0.5, None, 0.1, 0.0) for name in arif_paper.MISCLASSIFIED)
    columns = ("attack", "0", *(f"{eps:g}" for eps in arif_paper.EPSILONS))
    settings.shown = StudyTable(
        "arif", "figure 5", columns, shares, shares, {"seed": 0}, 9, "Robust", "PGD costs most."
    )
    assert "PGD costs most." in run(page("studies", desk))
    assert kinds_in_case(desk, tmp_path) == ["study"]
    panel = StudyPanel("FGSM", ("dog 90%",), np.zeros((8, 8, 3), np.uint8), np.eye(8, dtype=np.float32))
    facts = (("FGSM", "dog", 0.9),)
    settings.shown = StudyTable(
        "klawikowska2020",
        "figure 3",
        ("panel", "predicted", "score"),
        facts,
        None,
        {"seed": 0},
        1,
        "A cat",
        "The map turns round.",
        ("Red speaks for the predicted class.",),
        panels=(panel, panel),
    )
    test = page("studies", desk)
    words = run(test)
    assert "The map turns round." in words
    assert "Red speaks for the predicted class" in words
    assert labels_of(test)[-1] == "Figure as PNG"
    columns = ("x", "y", "class", "attacked", "turned")
    points = ((0.5, 0.5, "cat", "no", "yes"), (1.5, 0.5, "cat", "yes", "yes"))
    settings.shown = StudyTable(
        "klawikowska2020", "figure 5", columns, points, None, {"seed": 0}, 2, "Cats", "Half are attacked."
    )
    assert "Half are attacked." in run(page("studies", desk))
    printed = (("accuracy", 85.8, None),)
    rows = (("accuracy", 80.5, None), ("pictures", 400, 20))
    settings.shown = StudyTable(
        "klawikowska2020", "table 1", ("", "clear", "more"), rows, printed, {"seed": 0}, 400, "Accuracy", "It costs."
    )
    test = page("studies", desk)
    run(test)
    assert test.table[0].value["clear"].tolist() == ["80\\.5", "400", "85\\.8"]
    wide = ("epsilon", "class", *(f"F1 {number}" for number in range(12)))
    settings.shown = StudyTable(
        "arif", "table 4", wide, ((0.1, 1, *[0.5] * 12),), None, {}, 9, "F1", "Digit 1 is worst."
    )
    assert "Digit 1 is worst." in run(page("studies", desk))
    settings.stopped = True
    desk.start("study", "Nothing", lambda job: None).thread.join(10)  # type: ignore[union-attr]
    assert "Stopped. What was measured is kept" in run(page("studies", desk))


def test_curves_and_maps_by_method_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr(study_pictures, "show_image", lambda image, said, *, alt: shown.append(alt))
    desk = Session()
    settings = desk.page_state(StudiesSettings)
    curve = tuple((name, "PGD*", 0.75, x, y) for name in ("Saliency", "LRP") for x, y in ((0, 0), (0.5, 1), (1, 1)))
    columns = ("map", "attack", "AUC", "false alarms", "found")
    settings.shown = StudyTable(
        "pinhasov2024", "figure 10", columns, curve, None, {"seed": 0}, 9, "ROC", "Half is told."
    )
    test = page("studies", desk)
    assert "Half is told." in run(test)
    assert labels_of(test)[-1] == "Figure as PNG"
    assert shown == []
    panel = StudyPanel("a", ("fake",), np.zeros((8, 8, 3), np.uint8), np.eye(8, dtype=np.float32))
    faces = tuple(replace(panel, name=name, method=method) for name in ("a", "b") for method in ("Saliency", "LRP"))
    settings.shown = StudyTable(
        "pinhasov2024", "figure 2", ("attack",), (("PGD",),), None, {"seed": 0}, 1, "A face", "It moves.", panels=faces
    )
    assert "It moves." in run(page("studies", desk))
    assert shown == [
        "Picture: a",
        "Picture: b",
        "Map of a: Saliency",
        "Map of b: Saliency",
        "Map of a: LRP",
        "Map of b: LRP",
    ]


def test_groups_and_units_are_drawn() -> None:
    desk = Session()
    settings = desk.page_state(StudiesSettings)
    rows = [
        (half, group, measure, low, high, 0.5)
        for half in ("chosen by", "held out")
        for group in ("critical (2)", "others (8)")
        for measure, low, high in (("mean", None, None), ("standard deviation", None, None), ("share", 0.0, 1.0))
    ]
    shown = StudyTable("arif", "figure 6", GROUP_COLUMNS, tuple(rows), None, {}, 9, "Pixels", "They differ.")
    settings.shown = shown
    test = page("studies", desk)
    words = run(test)
    assert "Digits: held out. Bars are means" in words
    assert len(test.get("plotly_chart")) == 4
    assert labels_of(test)[-1] == "Figure as PNG"
    units = tuple(("PGD", unit, 1.0, 2.0, 3.0 - unit, 0.1, 0.2, *range(10)) for unit in range(3))
    settings.shown = StudyTable("arif", "case 3", UNIT_COLUMNS, units, None, {}, 9, "Units", "Unit 0 changes most.")
    test = page("studies", desk)
    assert "Unit 0 changes most." in run(test)
    assert len(test.get("plotly_chart")) == 1
