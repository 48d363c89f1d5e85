"""Compare two maps by structure, ranks and top pixels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from skimage.metrics import structural_similarity

from ...types import Array, InputError
from ...types.compared_maps import Similarity

Scale = Literal["together", "own"]
WINDOW = 7  # pixels: skimage's window, smaller for maps that are smaller
CLIP_PERCENTILE = 99.5  # of absolute values, for SSIM: a few peaks would make all maps look flat, and alike


def similarity(a: Array, b: Array, *, k: float = 0.1, scale: Scale = "together") -> Similarity:
    """Measure the similarity of two maps (H, W) of one shape.

    Args:
        a: the first map, signed or not.
        b: the second one. Where only one of the two has negative values, absolute values are compared.
        k: share of pixels, in (0, 1], that counts as the top.
        scale: "together" brings both to one scale, so that SSIM notices when one has faded (clean and attacked map of
            one method); "own" brings each to its own (methods in different units).

    SSIM over windows of 7 pixels (fewer in smaller maps) of the maps as drawn: from 0 to 1, zero in the middle where
    there are signs, clipped at the 99.5th percentile of the absolute values. Spearman's correlation over all pixels.
    The overlap of the pixels with the `k` largest absolute values; ties at the threshold count in part.
    Source: Wang et al. 2004 (SSIM); Adebayo et al. 2018, arXiv:1810.03292, section 3 (SSIM and ranks for maps).
    """
    first, second = _checked(a, "the first map"), _checked(b, "the second map")
    from scipy.stats import spearmanr  # here: half a second to import

    if first.shape != second.shape:
        raise InputError(f"two maps to compare have one shape; what came is {first.shape} and {second.shape}")
    if not 0 < k <= 1:
        raise InputError(f"the share of top pixels lies in (0, 1]; what came is {k}")
    if scale not in ("together", "own"):
        raise InputError(f"the scale is together or own; what came is {scale!r}")
    if bool(first.min() < 0) != bool(second.min() < 0):
        first, second = np.abs(first), np.abs(second)
    constant = [name for name, values in (("first", first), ("second", second)) if np.ptp(values) == 0]
    ssim = _structure(first, second, scale)
    if constant:
        which = "both maps are constant" if len(constant) == 2 else f"the {constant[0]} map is constant"
        return Similarity(ssim, None, None, f"{which}: it has no order of pixels")
    rank = float(spearmanr(first, second, axis=None).statistic)
    return Similarity(
        ssim,
        rank,
        _overlap(np.abs(first), np.abs(second), k),
        None if ssim is not None else "the maps are too small for SSIM: 3 x 3 pixels are needed",
    )


def matrix(maps: Mapping[str, Array], *, k: float = 0.1, scale: Scale = "own") -> dict[tuple[str, str], Similarity]:
    """Compute `similarity` for all pairs of maps, both orders and the diagonal."""
    names = list(maps)
    found: dict[tuple[str, str], Similarity] = {}
    for i, one in enumerate(names):
        for other in names[i:]:
            alike = similarity(maps[one], maps[other], k=k, scale=scale)
            found[one, other] = found[other, one] = alike
    return found


def _checked(values: Array, name: str) -> Array:
    fine = values.ndim == 2 and values.size > 0 and bool(np.isfinite(values).all())
    if not fine:
        raise InputError(f"{name} has to be (H, W) and finite; what came is {values.shape}, or values not finite")
    return values.astype(np.float64)


def _structure(a: Array, b: Array, scale: Scale) -> float | None:
    """Compute SSIM of two maps as drawn; None for zero or small ones."""
    window = min(WINDOW, (min(a.shape) - 1) // 2 * 2 + 1)
    limits = _clip_limit(a), _clip_limit(b)
    if window < 3 or not max(limits):
        return None
    if scale == "together":
        limits = max(limits), max(limits)
    signed = min(float(a.min()), float(b.min())) < 0
    drawn = [np.clip(values / (limit or 1), -1, 1) for values, limit in zip((a, b), limits, strict=True)]
    # Not about 0: SSIM multiplies a comparison of means with one of patterns, and of a map and its negative both turn.
    one, other = ((values + 1) / 2 if signed else values for values in drawn)
    return float(structural_similarity(one, other, win_size=window, data_range=1.0))


def _clip_limit(values: Array) -> float:
    largest = np.abs(values)
    return float(np.percentile(largest, CLIP_PERCENTILE)) or float(largest.max())


def _overlap(a: Array, b: Array, k: float) -> float:
    count = max(1, round(k * a.size))
    return float(np.minimum(_top(a, count), _top(b, count)).sum() / count)


def _top(values: Array, count: int) -> Array:
    """Mark the `count` largest values by 1; ties at the threshold share the rest."""
    threshold = np.partition(values, values.size - count, axis=None)[values.size - count]
    above, tied = values > threshold, values == threshold
    return above + tied * ((count - above.sum()) / tied.sum())
