"""Summaries of measurements: those of NumPy, with intervals where there can be one."""

from __future__ import annotations

import pytest

from core.metrics import summary
from core.types.map_summaries import MeanOfFaces, RangeOfFaces


def test_summaries_are_those_of_numpy() -> None:
    values = [0.1, 0.2, 0.4, 0.8, 0.9]
    found = summary.summary_of(values)
    assert found.median == 0.4
    assert found.iqr == (0.2, 0.8)
    assert found.average.mean == pytest.approx(0.48)
    assert found.average.interval
    low, high = found.average.interval
    assert min(values) < low < 0.48 < high < max(values)
    assert summary.range_of(values) == RangeOfFaces(0.1, 0.4, 0.9)
    assert summary.summary_of([]).iqr == (None, None)
    assert summary.mean_of([0.5]) == MeanOfFaces(1, 0.5, None)
    assert summary.mean_of([1.0] * 20).interval is None
    sure = summary.mean_of([1.0] * 20, share=True).interval
    assert sure
    low, high = sure
    assert 0.8 < low < high == 1
