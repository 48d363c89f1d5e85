"""What a detector is good at, blind to, and wrong about: from counts, where there are enough."""

from __future__ import annotations

from typing import Any

import pytest
from made_measurements import CONDITION

from core.metrics.intervals import wilson
from core.reports.detector_strengths import blind_to, error_rows, good_at, media_errors, scope_parts
from core.types.measurement import Measurement

N = {"real": 40, "swap": 30, "mouth": 30, "rare": 3}
AUC = {"swap": 0.9, "mouth": 0.55, "rare": 1.0}
INTERVALS = {"swap": (0.85, 0.95), "mouth": (0.45, 0.65), "rare": (0.5, 1.0)}


def measured(**more: Any) -> Measurement:
    kinds = {kind: {"auc_interval": interval} for kind, interval in INTERVALS.items()}
    called = {"real": 0.1, "swap": 0.9, "mouth": 0.5, "rare": 1.0}
    return Measurement(
        "detector", "some faces (103)", {"n": N, "auc": AUC, "kinds": kinds, "called_fake": called} | more
    )


def condition(name: str, auc: float, interval: tuple[float, float]) -> dict[str, Any]:
    return {**CONDITION, "condition": name, "value": 1, "auc": auc, "auc_interval": interval}


def test_strong_and_weak_kinds_are_named_and_rare_ones_are_not() -> None:
    rows = [condition("blur 3", 0.58, (0.5, 0.66)), condition("JPEG 95", 0.9, (0.8, 0.95))]
    every = [measured(), Measurement("conditions", "the same, worse", {"conditions": rows})]
    assert good_at(every) == "swap (AUC 0.90)", "a condition is no kind of forgery"
    assert blind_to(every) == "mouth (AUC 0.55), blur 3 (AUC 0.58)"
    assert good_at([]) is None
    assert blind_to([]) is None


def test_a_single_kind_is_called_by_its_measurement() -> None:
    one = Measurement(
        "detector",
        "Test set, 1,400 crops",
        {"n": {"real": 50, "fake": 50}, "auc": {"fake": 0.9}, "kinds": {"fake": {"auc_interval": (0.8, 0.95)}}},
    )
    assert good_at([one]) == "Test set (AUC 0.90)"


def test_errors_are_counted_by_verdict_where_verdicts_were_kept() -> None:
    verdicts = {
        "real": {"Likely manipulated": 4, "Inconclusive": 16, "Likely not manipulated": 20, "No verdict": 5},
        "swap": {"Likely manipulated": 30, "Inconclusive": 20, "Likely not manipulated": 10},
    }
    (found,) = media_errors([measured(verdicts=verdicts)])
    assert (found.media, found.n_real, found.n_forged) == ("some faces", 40, 60)
    assert found.false_alarm == pytest.approx(0.1)
    assert found.false_alarm_interval == wilson(4, 40)
    assert found.missed == pytest.approx(1 / 6)
    assert found.undecided == pytest.approx(0.36)


def test_without_verdicts_the_larger_output_counts() -> None:
    (found,) = media_errors([measured()])
    assert found.false_alarm == pytest.approx(0.1)
    assert found.missed == pytest.approx((3 + 15) / 63)
    assert error_rows([found])[0]["inconclusive"] == "not counted"
    few = measured(n={"real": 1, "swap": 1})
    assert media_errors([few]) == []


def test_a_scope_is_split_behind_its_training() -> None:
    assert scope_parts("Trained on X (c23: A, B). Fails on Y. And Z.") == (
        "Trained on X (c23: A, B).",
        "Fails on Y. And Z.",
    )
    assert scope_parts("") == ("", "")
