"""Hold the critical pixels of an attack, with their tests and effects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .arrays import Array
from .explanations import Attribution

WARNING = (
    "The t-test takes every pixel for an independent observation. Neighbouring pixels are not, so its p value is far "
    "too small and no evidence by itself. The shift test keeps the neighbourhood: it moves the mask over the map, to "
    "every place, and counts how often the pixels under it stand out as much."
)

Purpose = Literal["attack generation", "attack detection"]


@dataclass(frozen=True, slots=True)
class PixelGroup:
    """Summarise the absolute SHAP values of a group of pixels.

    In units of the explained output.
    """

    mean: float
    sd: float
    count: int


@dataclass(frozen=True, slots=True)
class PixelTest:
    """Hold tests of whether critical pixels have larger absolute values than the others.

    t, df, p: Welch's two-sample t-test, two-sided; `p` is 0 where it is below 1e-308.
    d: Cohen's d, the difference of the means in pooled standard deviations.
    p_shift: in (0, 1]: the share of all shifts of the mask (the image's edges joined) with at least as large a mean
        under it, its own position included.

    Source: Arif, section VIII C (the t-test). Differs: absolute values, of samples other than those that the pixels
    were chosen by.
    """

    critical: PixelGroup
    other: PixelGroup
    t: float
    df: float
    p: float
    d: float
    p_shift: float


@dataclass(frozen=True, slots=True)
class KeptEffect:
    """Hold `p_fake`, in [0, 1], of the face with the attack kept in some pixels only.

    only: kept in the critical pixels; without: everywhere else.
    chance_only, chance_without: the same for randomly shifted masks, the mean of 8.
    """

    clean: float
    attacked: float
    only: float
    without: float
    chance_only: float
    chance_without: float


@dataclass(frozen=True, slots=True, eq=False)
class CriticalPixels:
    """Hold the critical pixels for one purpose.

    values: (H, W) float32, the map that they are chosen by, the largest absolute values.
    tested: (H, W), the same from other samples, for histograms and test.
    mask: (H, W) bool.
    top: (row, column, value) of the 20 with the largest absolute `values`.
    edges: (B + 1,) of the bins.
    critical, other: (B,), share of each group's `tested` values in each bin; outliers are in the outer bins.
    degenerate: why there are none, or no test.
    """

    purpose: Purpose
    values: Array
    tested: Array
    mask: Array
    top: tuple[tuple[int, int, float], ...]
    edges: Array
    critical: Array
    other: Array
    test: PixelTest | None
    effect: KeptEffect
    degenerate: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class CriticalComparison:
    """Hold the critical pixels of a clean face and its adversarial version.

    clean, attacked: SHAP maps of both.
    overlap: share, in [0, 1], of the pixels critical for generation that are critical for detection too; None where
        there are none.
    warning: has to be shown beside every p value.
    """

    clean: Attribution
    attacked: Attribution
    generation: CriticalPixels
    detection: CriticalPixels
    share: float
    samples: int
    overlap: float | None
    warning: str = WARNING
