"""Write what `bench pipeline` measured as tables."""

from __future__ import annotations

from collections.abc import Iterable

from ..types.measured_results import MeasuredGrowth, MeasuredPipeline, MeasuredWait
from .measured_tables import Rows

Ends = tuple[float | None, float | None]


def about(found: MeasuredPipeline) -> str:
    """Say how it was measured, and how steady the machine was."""
    threads = "threads as torch and OpenCV choose" if found.threads is None else f"{found.threads} thread(s)"
    itself = f"; a way to the verdict over itself: {_value(found.self_ratio, found.self_interval)}"
    return f"Ratios of {found.pairs} pairs of runs in turn, {threads}{itself if found.self_ratio else ''}."


def wait_rows(rows: Iterable[MeasuredWait]) -> Rows:
    """Make a row of each wait, beside its aim."""
    return [
        {
            "what": row.what,
            "over": row.over,
            "ratio": _value(row.ratio, row.interval),
            "aim, at most": _aim(row.ratio, row.aim),
        }
        for row in rows
    ]


def growth_rows(rows: Iterable[MeasuredGrowth]) -> Rows:
    """Make a row of each exponent."""
    return [
        {
            "what": row.what,
            "grows with": row.over,
            "from, to": f"{row.counts[0]:,} to {row.counts[-1]:,}" if row.counts else "",
            "to the power": _value(row.exponent, row.interval),
        }
        for row in rows
    ]


def _aim(ratio: float | None, aim: float | None) -> str:
    if aim is None or ratio is None:
        return ""
    return f"{aim:g}, missed" if ratio > aim else f"{aim:g}"


def _value(value: float | None, ends: Ends) -> str:
    low, high = ends
    if value is None or low is None or high is None:
        return "" if value is None else f"{value:.4g}"
    return f"{value:.4g} ({low:.4g} to {high:.4g})"
