"""The page of detectors, tab by tab; and what the other pages say of a detector."""

from __future__ import annotations

import csv
import io
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from checkpoints import random_checkpoint, write_checkpoint
from made_measurements import CONDITION
from narrowed import some
from page_runs import page, texts
from shown_cases import kinds_in_case
from streamlit.testing.v1 import AppTest

from core import pipeline
from core.detectors import DEFAULT, FORMATS
from core.detectors.calibration.fit import calibrate
from core.detectors.calibration.store import save_calibration, user_calibration_path
from core.detectors.checkpoints import status
from core.detectors.device import CHOICE
from core.media.post_processing import CORRUPTION_NAMES, CORRUPTIONS
from core.media_attack import samples
from core.metrics.subgroups import ANNOTATION, disparities, group_members, group_metrics
from core.output.csv_text import csv_text, flat_row
from core.output.value_records import value_record
from core.reports.measured_tables import score_rows
from core.types import InputError, JudgedFace, Verdict
from core.types.calibration import Calibration, CalibrationFaces
from core.types.measured_results import MeasuredDetector, MeasuredFrames, MeasuredMedia, ScoreIntervals
from core.types.person_attributes import PersonAttributes
from pages.parts.detectors import weight_files
from pages.parts.detectors.compare_detectors import verdict_rows
from pages.parts.detectors.detectors_settings import DetectorsSettings
from pages.parts.session.kept_attacks import keep_attack, latest_attack
from pages.parts.session.session import Session


@pytest.fixture(autouse=True)
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A weights folder of the test's own."""
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(tmp_path / "weights"))
    return tmp_path / "weights"


@pytest.fixture(scope="module")
def media() -> dict[str, Any]:
    """An image and a video with the default detector's verdicts."""
    detector = pipeline.load_detector()
    found = {}
    for name in ("portrait.png", "video.mp4"):
        opened = pipeline.open_media(samples.sample(name, detector))
        found[name] = opened, pipeline.analyse(opened, detector, frames=6)
    return found


@pytest.fixture
def desk(media: dict[str, Any]) -> Session:
    return opened(media, "portrait.png")


def opened(media: dict[str, Any], name: str) -> Session:
    made = Session()
    made.media, made.faces = media[name]
    made.judged_by = made.detector.version
    return made


@pytest.fixture
def meso(tmp_path: Path, weights: Path) -> str:
    """Random weights of Meso4, added as a checkpoint of one's own."""
    file = write_checkpoint(FORMATS["meso4"], random_checkpoint(FORMATS["meso4"]), tmp_path / "mine.h5")
    return status.add(file, "meso4", "mine").name


def record(seed: int = 0) -> Calibration:
    """A made-up calibration, with the rows that a stack is trained on."""
    rng = np.random.default_rng(seed)
    labels = np.repeat([0, 1], 60)
    margins = np.random.default_rng(9).normal(2 * labels - 1, 1.2) + rng.normal(0, 0.6, 120)
    groups = np.asarray([str(i % 30) for i in range(120)])
    found = calibrate(margins, labels, groups, data="made up")
    rows = CalibrationFaces(
        id=tuple(str(i) for i in range(120)),
        margin=tuple(margins.tolist()),
        label=tuple(labels.tolist()),
        group=tuple(groups.tolist()),
        sharpness=tuple(rng.uniform(0.1, 0.3, 120).tolist()),
    )
    return replace(found, rows=rows)


def conditions() -> dict[str, Any]:
    """A made-up measurement under conditions and by groups."""
    rng = np.random.default_rng(0)
    people = [PersonAttributes(int(a), i % 2, i % 3) for i, a in enumerate(rng.integers(18, 70, 200))]
    real, forged = rng.normal(-1, 1, 200), rng.normal(1, 1, 200)
    real[1::2] += 1.5
    members = group_members(people)
    groups = [group_metrics(*key, real.tolist(), forged.tolist(), places) for key, places in members.items()]
    rows: list[dict[str, Any]] = [
        CONDITION | {"condition": CORRUPTION_NAMES[kind].format(value), "kind": kind, "value": value}
        for kind, value in CORRUPTIONS
    ]
    return {
        "auc": {"all": 0.9},
        "called_fake": {"real": 0.1, "forged": 0.8},
        "n": {"real": 200, "forged": 200},
        "conditions": rows,
        "groups": [value_record(group) for group in groups],
        "gaps": [value_record(gap) for gap in disparities(groups, members, real.tolist(), forged.tolist())],
        "annotation": ANNOTATION,
    }


def shown(test: AppTest) -> str:
    assert not test.exception
    tables = " ".join(table.value.to_string() for table in test.table)
    return (texts(test) + tables + " ".join(header.value for header in test.header)).replace("\\", "")


def tab(desk: Session, name: str) -> AppTest:
    desk.page_state(DetectorsSettings).tab = name
    return page("detectors", desk).run()


def click(test: AppTest, label: str) -> AppTest:
    return next(button for button in test.button if button.label == label).click().run()


@pytest.mark.slow
def test_without_a_file_each_tab_draws() -> None:
    for name, words in {
        "This detector": "Good at:",
        "Weights": "ships with Prosopon",
        "Calibrate": "real/",
        "Compare": "begin with a sample",
    }.items():
        assert words in shown(tab(Session(), name)), name


@pytest.mark.slow
def test_this_detector_shows_card_calibration_and_the_groups(desk: Session) -> None:
    save_calibration(desk.detector, record())
    test = tab(desk, "This detector")
    assert "narrower than 48" not in shown(test), "the full card is closed"
    test.session_state["full-card"] = True
    words = shown(test.run())
    for expected in (
        "temperature",
        "calibration error",
        "forged among its faces",
        "SHA-256",
        "narrower than 48",
        "By groups of people",
        "60+",
        "H.264",
        "made up",
    ):
        assert expected in words, expected
    assert "Not measured" not in words
    assert "called fake" not in words


def test_what_was_not_measured_is_said() -> None:
    def script() -> None:
        from pages.parts.widgets import measurements

        measurements.draw([], key="x")

    test = AppTest.from_function(script, default_timeout=60).run()
    assert not test.exception
    assert "Not measured: by kind of forgery" in shown(test)


@pytest.mark.slow
def test_another_risk_is_applied_and_the_way_back_deletes_it(desk: Session) -> None:
    save_calibration(desk.detector, record())
    desk.judged_by = desk.detector.version
    before = desk.detector.version
    test = tab(desk, "This detector")
    test.select_slider[0].set_value(0.2).run()
    assert "A preview" in shown(test)
    click(test, "Use this risk")
    assert some(desk.detector.calibration).bands.risk == 0.2
    assert desk.detector.version != before
    assert not desk.outdated, "the open medium was judged again"
    click(test, "Delete it")
    assert not user_calibration_path(DEFAULT).exists()


@pytest.mark.slow
def test_an_own_checkpoint_says_that_it_is_uncalibrated_and_judges_anew(desk: Session, meso: str) -> None:
    test = tab(desk, "This detector")
    test.selectbox[0].select(meso).run()
    assert desk.detector_name == meso
    assert {some(item.verdict).detector for item in desk.faces} == {meso}
    assert "Uncalibrated" in shown(test)
    inspect = page("inspect", desk)
    inspect.session_state["how-sure"] = True
    assert "no probability" in shown(inspect.run())


def test_a_detector_without_weights_says_what_it_needs_and_does_not_judge(desk: Session) -> None:
    test = tab(desk, "This detector")
    assert "Xception (FaceForensics++): weights missing" in test.selectbox[0].options
    test.selectbox[0].select("xception-ff").run()
    assert desk.detector_name == DEFAULT
    assert "all_c23.p" in shown(test)


def test_this_detector_begins_with_three_lines_and_what_a_risk_finds(desk: Session, tmp_path: Path) -> None:
    test = tab(desk, "This detector")
    words = shown(test)
    bands = some(desk.detector.calibration).bands
    found = next(row for row in bands.measured if row.band == "Likely manipulated")
    assert f"It finds {found.fake:.0%} of forged faces and calls {found.real:.0%} of real ones" in words
    for expected in ("Good at:", "Blind to:", "Error on media like yours:", "DFDC test (699 real, 679 forged)"):
        assert expected in words, expected
    test.select_slider[0].set_value(0.01).run()
    strict = next(bands for bands in some(desk.detector.calibration).by_risk if bands.risk == 0.01)
    assert f"Of forged faces **{strict.measured[2].fake:.0%} (" in shown(test)
    assert "not in use yet" in shown(test)
    assert kinds_in_case(desk, tmp_path) == ["risk", "risk"]


def test_comparing_with_one_detector_leads_to_the_weights(desk: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    one = [state for state in status.states() if state.name == DEFAULT]
    monkeypatch.setattr(status, "states", lambda: one)
    test = tab(desk, "Compare")
    assert "Only one detector" in shown(test)
    click(test, "Add a detector")
    assert desk.page_state(DetectorsSettings).tab == "Weights"


def test_weights_lists_every_detector_and_removes_an_own_one(desk: Session, meso: str) -> None:
    test = tab(desk, "Weights")
    words = shown(test)
    for state in status.states():
        assert state.title in words
    assert "Your own" in words or "your own" in words
    click(test, "Delete it")
    assert meso not in status.detector_names()


def test_a_checkpoint_of_another_layout_is_refused_by_a_sentence(tmp_path: Path) -> None:
    file = write_checkpoint(FORMATS["meso4"], random_checkpoint(FORMATS["meso4"]), tmp_path / "mine.h5")
    with pytest.raises(InputError, match="meso4"):
        weight_files._added(file.read_bytes(), "mine.h5", "mesoinception4", None)


@pytest.mark.parametrize(
    "name", ["..", "", "../../a.h5", "n" * 300 + ".h5", "\U0001f600" * 80 + ".h5", "a." + "h" * 300]
)
def test_an_upload_of_any_name_is_only_judged_by_its_content(name: str) -> None:
    with pytest.raises(InputError, match="is not a checkpoint"):
        weight_files._added(b"words only", name, "meso4", None)


def test_calibrating_refuses_a_folder_that_is_none(desk: Session, tmp_path: Path) -> None:
    test = tab(desk, "Calibrate")
    test.text_input[0].set_value(str(tmp_path / "nothing"))
    click(test, "Calibrate")
    assert "is not a folder" in shown(test)


@pytest.mark.slow
def test_compare_joins_detectors_and_marks_where_they_disagree(
    media: dict[str, Any], meso: str, tmp_path: Path
) -> None:
    desk = opened(media, "video.mp4")
    test = click(tab(desk, "Compare"), "Compare")
    words = shown(test)
    assert some(desk.page_state(DetectorsSettings).compared).names == (DEFAULT, "resnet-blend", meso)
    for expected in (
        "of 3 detectors say of this face",
        "DD1: one alone",
        "DD2: one is enough",
        "not calibrated: mine",
        "Cohen's kappa",
        "uncalibrated, score",
    ):
        assert expected in words, expected
    assert kinds_in_case(desk, tmp_path) == ["detectors"]
    apart = next(one for one in test.button_group if one.label.startswith("Frames where they disagree"))
    frame = next(one for one in apart.options if int(one) != some(desk.focused).face.frame)
    apart.select(int(frame)).run()
    assert not test.exception
    assert some(desk.focused).face.frame == int(frame), "a click on a frame puts it in focus"


def test_a_comparison_fits_a_telephone_and_says_its_verdicts_in_the_words_of_the_bands(desk: Session) -> None:
    unsure = JudgedFace(desk.faces[0].face, Verdict("b", np.array([0.0, 0.1]), 0.525, "Inconclusive"))
    none = JudgedFace(desk.faces[0].face, None, "No verdict: the face is too small.")
    assert verdict_rows([unsure, none], {"b": "Title", "c": "Other"}) == [
        {"detector": "Title", "says": "Inconclusive, score 0.525", "larger output": "manipulated"},
        {"detector": "Other", "says": "No verdict: the face is too small", "larger output": ""},
    ]


@pytest.mark.slow
def test_a_stack_shows_its_measured_errors(desk: Session, meso: str) -> None:
    save_calibration(desk.detector, record(0))
    save_calibration(desk.detector_named(meso), record(1))
    desk.judged_by = None
    desk.page_state(DetectorsSettings).together = (DEFAULT, meso)
    words = shown(click(tab(desk, "Compare"), "Compare"))
    assert "DD3 is trained" not in words
    assert words.count("Balanced accuracy") == 3


def test_an_attack_on_another_detector_is_not_shown(desk: Session, meso: str) -> None:
    face = desk.faces[0].face
    keep_attack(desk, face.id, desk.detector.version, pipeline.attack(desk.detector, face.crop, "fgsm"))
    assert latest_attack(desk)
    desk.detector_name = meso
    assert latest_attack(desk) is None


@pytest.mark.slow
def test_verdicts_of_an_old_calibration_are_not_shown(desk: Session) -> None:
    save_calibration(desk.detector, record())
    test = page("inspect", desk).run()
    assert "judged before the detector" in shown(test)
    assert "Not judged yet" in shown(test)
    click(test, "Judge again")
    assert "judged before the detector" not in shown(test)


def test_inspect_has_intervals_of_a_video(media: dict[str, Any]) -> None:
    test = page("inspect", opened(media, "video.mp4"))
    test.session_state["how-sure"] = True
    words = shown(test.run())
    assert "have the larger output “manipulated”, " in words
    assert "more than half :small[(95% interval" in words
    assert "of “manipulated”:" in words


@pytest.mark.slow
def test_conditions_and_groups_are_drawn_with_their_gaps() -> None:
    def draw() -> None:
        from test_detector_page import conditions  # type: ignore[import-not-found]

        from core.types.measurement import Measurement
        from pages.parts.widgets import measurements

        measurements.draw([Measurement("conditions", "made up", conditions())], key="test")

    words = shown(AppTest.from_function(draw, default_timeout=30).run())
    for expected in ("H.264 CRF 40", "real with output “manipulated”", "18-29", "annotated by UTKFace", "excludes 0"):
        assert expected in words, expected
    assert "Not measured" not in words
    assert "called fake" not in words


def test_figures_by_frame_medium_and_kind_are_rows() -> None:
    intervals = ScoreIntervals(auc=(0.7, 0.9))
    frame = MeasuredFrames(auc=0.8, intervals=intervals)
    rows = score_rows(MeasuredDetector(frame=frame, video=MeasuredMedia({"real": 3}, auc=0.8, intervals=intervals)))
    assert rows[0]["frame by frame"] == "0.800 (0.700 to 0.900)"
    assert next(row for row in rows if row["figure"] == "accuracy")["by medium"] == "not measured"


def test_a_csv_has_figures_and_not_their_words() -> None:
    row = flat_row({"auc": 0.91234, "auc_interval": (0.8, 0.9), "reasons": {"a": 2}})
    read = next(csv.DictReader(io.StringIO(csv_text([row]))))
    assert read == {"auc": "0.91234", "auc_interval_low": "0.8", "auc_interval_high": "0.9", "reasons_a": "2"}


def test_a_gpu_is_chosen_for_the_process(desk: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHOICE, "auto")
    labels = [one.label for one in page("detectors", desk).run().radio]
    assert "Compute on" not in labels
    asked: list[str] = []
    monkeypatch.setattr("core.detectors.device.torch.cuda.is_available", lambda: True)
    loading, to = sys.modules["core.detectors.load"], torch.nn.Module.to
    monkeypatch.setattr(loading, "_loaded", {})

    def moved(model: torch.nn.Module, *place: str, **how: Any) -> torch.nn.Module:
        asked.extend(place)
        return to(model, **how) if how else model

    monkeypatch.setattr(torch.nn.Module, "to", moved)
    test = page("detectors", desk).run()
    (choice,) = (one for one in test.radio if one.label == "Compute on")
    assert (choice.options, choice.value) == (["GPU", "Processor"], "cuda")
    choice.set_value("cpu").run()
    assert not test.exception
    assert set(asked) == {"cuda"}
    assert {place for _, _, place in loading._loaded} == {"cuda", "cpu"}
    assert os.environ[CHOICE] == "cpu"
    (again,) = (one for one in page("detectors", Session()).run().radio if one.label == "Compute on")
    assert again.value == "cpu"
