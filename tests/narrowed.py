"""Narrow values in tests: what is missing, or of another kind, fails right there."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from core.bench.timing import Counted
from core.detectors import Detector
from core.types import Array

Value = TypeVar("Value")


def some(value: Value | None) -> Value:
    """Return the value, which must be there."""
    assert value is not None
    return value


def passes(detector: Detector) -> tuple[int, int]:
    """Return the passes forward and backward that a `Counted` network saw."""
    assert isinstance(detector.model, Counted)
    return detector.model.forwards, detector.model.backwards


def numpy_state() -> Array:
    """Return the state of NumPy's global generator."""
    state = np.random.get_state(legacy=False)
    assert isinstance(state, dict)
    return np.array(state["state"]["key"])
