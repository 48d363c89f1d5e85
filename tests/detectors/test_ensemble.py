"""Several detectors: agreement, and the three rules that join them."""

from __future__ import annotations

import numpy as np
import pytest
from made_calibrations import made_calibration

from core.detectors.ensemble import agreement, combine, disagreements, train_stack
from core.types import InputError, Verdict
from core.types.calibration import Calibration, CalibrationFaces


def verdict(name: str, margin: float) -> Verdict:
    logits = np.asarray([0, margin], np.float32)
    return Verdict(name, logits, float(1 / (1 + np.exp(-margin))), "Inconclusive")


def record(noise: float, *, seed: int, n: int = 300, drop: int = 0) -> Calibration:
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    margins = (2 * labels - 1) + noise * rng.normal(size=n)
    kept = np.arange(drop, n)
    rows = CalibrationFaces(
        id=tuple(f"face{i}" for i in kept),
        margin=tuple(margins[kept].tolist()),
        label=tuple(labels[kept].tolist()),
        group=tuple(str(i // 2) for i in kept),
        sharpness=(0.1,) * len(kept),
    )
    return made_calibration(rows=rows)


def test_the_rules() -> None:
    split = [verdict("a", -1.0), verdict("b", 2.0), verdict("c", -0.5)]
    assert combine("DD1", split).label == "real"
    assert combine("DD2", split).label == "fake"
    assert combine("DD2", split).reason == "larger output “manipulated” by b"
    assert combine("DD1", split).reason == "a says not manipulated"
    assert combine("DD2", [split[0], split[2]]).label == "real"
    with pytest.raises(InputError, match="DD1, DD2, DD3; what came is 'DD4'"):
        combine("DD4", split)
    with pytest.raises(InputError, match="DD3 wants a stack"):
        combine("DD3", split)


def test_agreement() -> None:
    split = [verdict("a", -1.0), verdict("b", 2.0), verdict("c", -0.5)]
    assert agreement(split) == pytest.approx(1 / 3)
    assert agreement(split[:1]) == 1
    rows = [split, [verdict("a", 1.0), verdict("b", 1.0), verdict("c", -1.0)]]
    found = {(row.first, row.second): row for row in disagreements(rows)}
    assert found["a", "b"].same == 0.5
    assert found["a", "c"].same == 0.5
    assert found["a", "b"].kappa == pytest.approx(0)
    assert disagreements([]) == []


def test_a_stack_of_three_is_better_than_each() -> None:
    records = {name: record(2.0, seed=k) for k, name in enumerate("abc")}
    stack = train_stack(records)
    assert stack.names == ("a", "b", "c")
    assert stack.measured.n == 300
    rules = stack.measured.rules
    assert all(stack.measured.single.values())
    assert (rules["DD3"].auc or 0) > max(alone or 0 for alone in stack.measured.single.values())
    assert rules["DD2"].false_positive_rate > rules["DD1"].false_positive_rate
    assert rules["DD2"].miss_rate < rules["DD1"].miss_rate
    sure = [verdict(name, 4.0) for name in "abc"]
    assert combine("DD3", sure, stack=stack, sharpness=0.1).label == "fake"
    assert stack.p_fake(sure, 0.1) > 0.8 > 0.2 > stack.p_fake([verdict(name, -4.0) for name in "abc"], 0.1)


def test_only_faces_that_all_have_seen_count() -> None:
    stack = train_stack({"a": record(1.0, seed=0), "b": record(1.0, seed=1, drop=100)})
    assert stack.measured.n == 200
    with pytest.raises(InputError, match="there are 10: calibrate them on the same folder"):
        train_stack({"a": record(1.0, seed=0), "b": record(1.0, seed=1, drop=290)})


def test_uncalibrated_detectors_are_named() -> None:
    with pytest.raises(InputError, match="not calibrated: b, c"):
        train_stack({"a": record(1.0, seed=0), "b": None, "c": made_calibration()})
