"""Hold what was measured of several detectors together; shares and rates lie in [0, 1]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .calibration import Interval


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Hold the agreement of two detectors on `n` faces.

    same: share of equal labels, with its 95 % interval; kappa: Cohen's, None where undefined.
    """

    first: str
    second: str
    same: float
    n: int
    same_interval: Interval
    kappa: float | None


@dataclass(frozen=True, slots=True)
class RuleErrors:
    """Hold the error rates of one rule, with 95 % intervals.

    auc: None where the rule gives no score.
    """

    false_positive_rate: float
    false_positive_interval: Interval
    miss_rate: float
    miss_interval: Interval
    balanced_accuracy: float
    auc: float | None = None
    auc_interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class StackMetrics:
    """Hold the errors of each rule on the `n` faces of a stack.

    rules: DD3 on held-out faces. single: AUC of each detector alone.
    """

    n: int
    rules: Mapping[str, RuleErrors]
    single: Mapping[str, float | None]
