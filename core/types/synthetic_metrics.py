"""Hold what is measured of the answer to "is this face wholly synthetic?"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Interval = tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class SyntheticShares:
    """Hold how the media of one kind are answered after one post-processing.

    n: media with a judged face. synthetic: share answered "likely synthetic"; interval: of it, 95 %.
    inconclusive, unknown: shares without an answer, the latter outside of what the detector knows.
    """

    n: int
    synthetic: float
    interval: Interval
    inconclusive: float
    unknown: float


@dataclass(frozen=True, slots=True)
class SyntheticAuc:
    """Hold the AUC of synthetic media against real ones, with its 95 % interval."""

    auc: float | None
    interval: Interval


@dataclass(frozen=True, slots=True)
class SyntheticEvaluation:
    """Hold a measurement of the answer.

    shares: by kind and post-processing. auc: by synthetic kind and post-processing, where there are real media.
    no_verdict: media without a judged face, by kind.
    """

    shares: Mapping[str, Mapping[str, SyntheticShares]]
    auc: Mapping[str, Mapping[str, SyntheticAuc]]
    no_verdict: Mapping[str, int]
