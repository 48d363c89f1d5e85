"""The bench's metrics on a hand-made table, its defences, groups and tables."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.evaluation.impersonation_bias import group_rates, read_groups
from core.evaluation.impersonation_defences import measure_defences
from core.evaluation.impersonation_metrics import (
    impersonated,
    impersonation_metrics,
    rate_by_person,
)
from core.evaluation.impersonation_tables import to_csv, write_tables
from core.metrics.intervals import wilson
from core.output.impersonation_record import impersonation_record
from core.types import InputError
from core.types.impersonation_result import ImpersonationResult, ImpersonationRow, Rate, RealPhoto, TargetPrediction
from core.types.recognition import Gallery


def target(person: str, name: str | None, confidence: float | None, resemblance: float = 0.5) -> TargetPrediction:
    return TargetPrediction(person, f"{person}/a.jpg", name, confidence, 0.4, resemblance)


def row(fake: str, predicted: str | None, confidence: float | None, *targets: TargetPrediction) -> ImpersonationRow:
    return ImpersonationRow(fake, "swap" if len(targets) == 1 else "blend", predicted, confidence, targets)


ANN, BOB = target("ann", "ann", 0.8), target("bob", "bob", 0.95)
# By hand: TA 1, 2 and 6; NA 1, 2, 3 and 6; DHF 1 and 3; DHC 1 and 3 (0.9 is not above 0.9); DHS 4 (nor is 0.8
# above 0.8).
TABLE = (
    row("1", "ann", 0.91, ANN),
    row("2", "ann", 0.7, ANN),
    row("3", "bob", 0.96, ANN),  # somebody else than the target
    row("4", None, None, replace(ANN, resemblance=0.81)),
    row("5", None, None, replace(BOB, resemblance=0.8)),
    row("6", "bob", 0.9, ANN, BOB),  # a blend: recognised as its second person
    row("7", None, None, target("cyd", None, None)),
    row("8", None, None, target("cyd", "cyd", 0.9, 0.1)),
)


def test_metrics_of_a_hand_made_table_are_exact() -> None:
    found = impersonation_metrics(TABLE)
    shares = {name: (rate.value, rate.n) for name, rate in found.items()}
    assert shares == {
        "TA": (3 / 8, 8),
        "NA": (4 / 8, 8),
        "DHF": (2 / 8, 8),
        "DHC": (2 / 8, 8),
        "DHS": (1 / 8, 8),
        "SIC": (2 / 3, 3),
    }
    assert impersonated(TABLE) == {"ann": True, "bob": True, "cyd": False}


def test_a_target_that_is_not_recognised_itself_is_never_impersonated() -> None:
    unknown = row("1", "ann", 0.91, target("ann", None, None))
    found = impersonation_metrics([unknown])
    assert (found["TA"].value, found["NA"].value, found["SIC"].value) == (0, 1, 0)
    assert found["DHF"].value == 1  # more confidence than none


def test_intervals_count_people_and_not_fakes() -> None:
    few = rate_by_person({"ann": [True] * 40, "bob": [False] * 40})
    assert few == Rate(0.5, wilson(1, 2), 80)
    many = rate_by_person({str(k): [k < 5] * 10 for k in range(10)})
    assert many.interval is not None
    assert many.interval[0] < 0.3 < 0.7 < many.interval[1]
    assert rate_by_person({}) == Rate(None, None, 0)


def test_beta_and_gamma_lie_between_0_and_1() -> None:
    with pytest.raises(InputError, match="beta and gamma lie between 0 and 1; what came is 90 and 0.8"):
        impersonation_metrics(TABLE, beta=90)


REAL = (RealPhoto("ann", "ann/a.jpg", "ann"), RealPhoto("bob", "bob/a.jpg", None), RealPhoto("cyd", "cyd/a.jpg", "bob"))


def test_a_defence_stops_fakes_and_refuses_real_photos() -> None:
    caught = [True, False, False, False, False, True, True, True]
    found = {
        one.rule: one
        for one in measure_defences(
            TABLE,
            {"DD1": caught, "DD2": [True] * 8},
            REAL,
            {"DD1": [True, False, False], "DD2": [False] * 3},
            ["a", "b"],
            missing="no stack",
        )
    }
    first = found["DD1"]
    assert (first.before["TA"].value, first.after["TA"].value) == (3 / 8, 1 / 8)
    assert (first.before["NA"].value, first.after["NA"].value) == (4 / 8, 2 / 8)
    assert first.real_refused.value == 1 / 3
    assert first.accuracy.value == (4 + 2) / 11
    assert first.by_kind["blend"]["TA"].value == 0
    assert (found["DD2"].after["NA"].value, found["DD2"].accuracy.value) == (0, 1)
    assert (first.detectors, found["DD2"].detectors) == (("a",), ("a", "b"))
    assert (found["DD3"].reason, found["DD3"].accuracy.value) == ("no stack", None)


def test_groups_have_their_rates_and_number_of_people() -> None:
    found = group_rates(TABLE, REAL, {"ann": "first", "bob": "second", "cyd": "second"})
    assert (found["first"].people, found["second"].people) == (1, 2)
    assert found["first"].rates["TA"].value == 3 / 5
    assert found["second"].rates["recognised"].value == 0
    assert found["second"].rates["misnamed"].value == 1 / 2


def test_a_table_of_groups_is_read_and_refused(tmp_path: Path) -> None:
    table = tmp_path / "groups.csv"
    table.write_text("person,group\nann,first\nzoe,second\n")
    assert read_groups(table, ["ann"]) == {"ann": "first"}
    for content, words in (("name,group\n", "needs the columns"), ("person,group\nzoe,x\n", "names nobody")):
        table.write_text(content)
        with pytest.raises(InputError, match=words):
            read_groups(table, ["ann"])


@pytest.fixture
def result() -> ImpersonationResult:
    empty = Gallery(
        "id", Path("g"), "net", ("ann", "bob", "cyd"), (), np.zeros(0, int), np.zeros((0, 4), np.float32), (), None
    )
    rates = impersonation_metrics(TABLE)
    by_kind = {kind: impersonation_metrics([r for r in TABLE if r.kind == kind]) for kind in ("swap", "blend")}
    called = {"DD1": [True] * 8, "DD2": [True] * 8}
    refused = {"DD1": [False] * 3, "DD2": [False] * 3}
    defences = tuple(measure_defences(TABLE, called, REAL, refused, ["a"], missing="why"))
    known = rate_by_person({"ann": [True]})
    return ImpersonationResult(empty, TABLE, {"9": "no face"}, rates, by_kind, REAL, known, known, defences)


def test_the_record_has_the_keys_of_the_command(result: ImpersonationResult) -> None:
    found = impersonation_record(result)
    assert {"recogniser", "people", "fakes", "threshold", "metrics", "by_kind", "defences"} <= set(found)
    assert (found["recogniser"], found["people"], found["fakes"]) == ("net", 3, 8)
    assert set(found["metrics"]) == {"TA", "NA", "DHF", "DHC", "DHS", "SIC"}
    assert all(set(one) == {"value", "interval", "n"} for one in found["metrics"].values())
    assert set(found["by_kind"]) == {"swap", "blend"}
    assert set(found["defences"]) == {"DD1", "DD2", "DD3"}
    assert {"accuracy", "TA", "NA", "real_refused"} <= set(found["defences"]["DD1"])
    assert found["defences"]["DD1"]["before"] == {"TA": 3 / 8, "NA": 4 / 8}
    assert found["not_judged"] == {"9": "no face"}


def test_tables_have_a_row_a_person_and_all_fakes(result: ImpersonationResult, tmp_path: Path) -> None:
    files = {path.name: list(csv.DictReader(path.read_text().splitlines())) for path in write_tables(result, tmp_path)}
    assert set(files) == {"people-swap.csv", "people-blend.csv", "fakes.csv", "metrics.csv"}
    ann = files["people-swap.csv"][0]
    assert (ann["person"], ann["reference"], ann["fakes"], ann["TA"]) == ("ann", "80.0", "4", "50.0")
    assert ann["target"] == str(round(100 * (0.91 + 0.7 + 0.96 + 0) / 4, 1))
    assert len(files["fakes.csv"]) == 9  # the blend has two targets
    with pytest.raises(InputError, match="is not a folder"):
        write_tables(result, tmp_path / "none")


def test_a_cell_that_begins_as_a_formula_is_quoted() -> None:
    assert to_csv([["=1+1", 2, "a"], ["\uff1d1+1", -2, "\u2026"]]) == "'=1+1,2,a\n'\uff1d1+1,-2,\u2026\n"
    assert to_csv([["\r=1", "a\rb"]]) == '"\'\n=1","a\nb"\n', "a bare carriage return would end the row"
