"""Hold what was measured of a detector under corruptions, and by groups of people.

Fields are named like the keys of the record. Rates and AUCs lie in [0, 1], intervals are of 95 %; what does not exist
is None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .calibration import Interval
from .recorded_fields import INLINE


@dataclass(frozen=True, slots=True)
class CorruptionMetrics:
    """Hold the metrics under one corruption of strength `value`.

    called_fake_real, called_fake_forged: shares of real and of forged faces predicted fake.
    no_verdict: number of images without a verdict, real and forged.
    auc_lost: the AUC of the same faces as they are, minus theirs under the corruption; paired: of faces that were
        judged both ways. None of unchanged images, and in files of older versions.
    """

    condition: str
    kind: str
    value: int | None
    auc: float | None
    auc_interval: Interval | None
    called_fake_real: float | None
    called_fake_real_interval: Interval
    called_fake_forged: float | None
    called_fake_forged_interval: Interval
    n_real: int
    n_forged: int
    no_verdict: int
    no_verdict_share: float
    no_verdict_reasons: Mapping[str, int]
    auc_lost: float | None = None
    auc_lost_interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class GroupMetrics:
    """Hold the error rates, AUC and numbers of faces of one group of people."""

    attribute: str
    group: str
    n_real: int
    n_forged: int
    no_verdict: int
    false_positive_rate: float | None
    false_positive_interval: Interval
    miss_rate: float | None
    miss_interval: Interval
    auc: float | None
    auc_interval: Interval | None

    def measure(self, name: str) -> float:
        """Return a measure of a group with judged faces by its name."""
        values = {"false_positive_rate": self.false_positive_rate, "miss_rate": self.miss_rate, "auc": self.auc}
        value = values[name]
        assert value is not None
        return value


@dataclass(frozen=True, slots=True)
class Disparity:
    """Hold the difference of a measure between its highest and lowest group.

    gap: the difference; interval: at 95 % for all `pairs` of groups together, by the method named in `by`.
    left_out: groups of too few faces.
    """

    attribute: str
    measure: str
    highest: str
    lowest: str
    gap: float
    interval: Interval | None
    by: str
    pairs: int
    excludes_zero: bool
    left_out: tuple[str, ...]
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class GroupEvaluation:
    """Hold the metrics by group, and the disparities.

    without_attributes: number of images of whose people nothing is known.
    """

    groups: tuple[GroupMetrics, ...]
    gaps: tuple[Disparity, ...]
    annotation: str
    without_attributes: int


@dataclass(frozen=True, slots=True)
class CorruptionEvaluation:
    """Hold what `evaluate conditions` measures; the first condition is the unchanged image.

    auc, called_fake, n: of unchanged images.
    kinds: number of pairs by kind; unpaired: number of real images without a forgery.
    by_group: None where nothing is known of the people.
    """

    detector: str
    auc: Mapping[str, float | None]
    called_fake: Mapping[str, float | None]
    n: Mapping[str, int]
    kinds: Mapping[str, int]
    unpaired: int
    conditions: tuple[CorruptionMetrics, ...]
    by_group: GroupEvaluation | None = field(default=None, metadata=INLINE)
