"""Hold the rows of the pipeline's bench."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..output.records import number
from .timing import Ratio, median_of


@dataclass(frozen=True, slots=True)
class PipelineRow:
    """Hold one wait, or one amount of memory, over what it is held against.

    value: the median, in `unit`. over: the peer in words; over_value: its median, in `unit`.
    ratio: the median of the pairs' ratios; interval: its 95 % one. pairs: how many. aim: the largest ratio that is
    wanted, None where none was set.
    """

    what: str
    value: float | None
    over: str
    ratio: float | None
    interval: tuple[float | None, float | None]
    over_value: float | None
    unit: str
    pairs: int
    aim: float | None = None


def ratio_row(
    what: str, over: str, pairs: Sequence[tuple[float, float]], *, unit: str = "s", aim: float | None = None
) -> PipelineRow:
    """Make a row from pairs (ours, the peer's), in `unit`.

    Args:
        what: is measured.
        over: what it is divided by.
        pairs: values.
        unit: of the values.
        aim: the largest ratio that is wanted.
    """
    ours, peer = np.median(np.asarray(pairs), axis=0)
    ratio = median_of([one / other for one, other in pairs])
    return PipelineRow(
        what, number(ours, 4), over, number(ratio.value, 3), rounded(ratio), number(peer, 4), unit, len(pairs), aim
    )


def format_row(row: PipelineRow) -> str:
    """Format a row as a line."""
    low, high = row.interval
    aim = "" if row.aim is None else f", aim {row.aim:g}"
    return (
        f"{row.what}: {row.value:.3g} {row.unit}, over {row.over} ({row.over_value:.3g}): "
        f"{row.ratio:.2f} [{low:.2f}, {high:.2f}], {row.pairs} pairs{aim}"
    )


def rounded(ratio: Ratio, digits: int = 3) -> tuple[float | None, float | None]:
    """Round the ends of an interval for JSON."""
    low, high = (number(end, digits) for end in ratio.interval)
    return low, high
