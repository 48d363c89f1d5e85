"""What a method promises of its map's sum, and how long the map took."""

from __future__ import annotations

import torch

from ...types import Attribution, QualityMetric
from ..base import completeness_error
from .subject import Rows, Subject

PROMISES = ("conserved with biases", "relevance conserved", "completeness error")  # the first that a map has is taken
LEAST = 1e-3  # of the explained output, between the face and black


def steps(subject: Subject) -> int:
    """One for all maps."""
    return 1


def measure(subject: Subject) -> Rows:
    """Completeness or conservation as the method measured it; else the completeness error against black."""
    rows: Rows = [(_promise(subject, found),) for found in subject.attributions]
    subject.steps.step()
    return rows


def run_time(found: Attribution) -> QualityMetric:
    """How long the map took."""
    return QualityMetric(
        "run time",
        found.seconds,
        "lower",
        "Seconds for this map on this computer, without its figures of honesty and the gradient that maps share.",
    )


def _promise(subject: Subject, found: Attribution) -> QualityMetric:
    measured = {figure.name: figure for figure in found.quality}
    for name in PROMISES:
        if name in measured:
            return measured[name]
    here, black = subject.output(torch.cat([subject.x, torch.zeros_like(subject.x)]), found.target)
    why = None
    if not found.signed:
        why = "A map without signs is no share-out of the output: this method promises nothing of its sum."
    elif abs(here - black) < LEAST:
        why = "The explained output is the same for this face and for black: there is nothing to share out."
    error = completeness_error(torch.from_numpy(found.map), float(here), float(black)) if not why else 0.0
    return QualityMetric(
        "completeness error",
        error,
        "lower",
        "How far the map's sum is from the output here minus the output for black, as a share of it. Nothing promises "
        "that it is small for this method: a large value says that the map is no share-out of the output.",
        why,
    )
