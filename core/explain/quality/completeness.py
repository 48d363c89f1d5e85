"""Measure a map's completeness or conservation, and its run time."""

from __future__ import annotations

import torch

from ...types import Attribution, QualityMetric
from ..base import completeness_error
from .subject import Rows, Subject

# The first that a map has is taken.
COMPLETENESS_METRICS = ("conserved with biases", "relevance conserved", "completeness error")
MIN_CHANGE = 1e-3  # of the explained output, between the face and black


def steps(subject: Subject) -> int:
    """Count one step for all maps."""
    return 1


def measure(subject: Subject) -> Rows:
    """Return completeness as the method measured it, else the error against black."""
    rows: Rows = [(_completeness(subject, found),) for found in subject.attributions]
    subject.steps.step()
    return rows


def run_time(found: Attribution) -> QualityMetric:
    """Return the map's run time as a metric."""
    return QualityMetric(
        "run time",
        found.seconds,
        "lower",
        "Seconds for this map on this computer, without its quality metrics and the gradient that maps share.",
    )


def _completeness(subject: Subject, found: Attribution) -> QualityMetric:
    measured = {metric.name: metric for metric in found.quality}
    for name in COMPLETENESS_METRICS:
        if name in measured:
            return measured[name]
    here, black = subject.output(torch.cat([subject.x, torch.zeros_like(subject.x)]), found.target)
    reason = None
    if not found.signed:
        reason = "A map without signs does not share out the output: this method guarantees nothing about its sum."
    elif abs(here - black) < MIN_CHANGE:
        reason = "The explained output is the same for this face and for black: there is nothing to share out."
    error = completeness_error(torch.from_numpy(found.map), float(here), float(black)) if not reason else 0.0
    return QualityMetric(
        "completeness error",
        error,
        "lower",
        "How far the map's sum is from the output here minus the output for black, as a share of it. This "
        "method does not guarantee a small value: a large one says that the map does not share out the output.",
        reason,
    )
