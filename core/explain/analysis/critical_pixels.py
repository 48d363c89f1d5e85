"""Find the critical pixels of an attack from SHAP values.

Those through which it acts on the verdict, and those that reveal it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch

from ...detectors.detector import Detector
from ...detectors.inference_queue import long_work
from ...detectors.networks.preserve import preserve_state
from ...media.images import to_tensor, to_uint8
from ...progress import NO_PROGRESS, Progress
from ...types import Array, Attribution, InputError, Target
from ...types.critical_results import CriticalComparison, CriticalPixels, KeptEffect, PixelGroup, PixelTest, Purpose
from .. import base

METHOD = "shap"
TOP, BINS, DRAWS = 20, 40, 8  # pixels in the bar chart; of a histogram; masks by chance
SAME = (
    "Both estimates of the SHAP values are equal: the pixels are compared by the very values that they were chosen by."
)


@long_work()
def critical_pixels(
    detector: Detector,
    clean: Array,
    attacked: Array,
    *,
    share: float = 0.05,
    samples: int = 24,
    target: Target = "margin",
    seed: int = 0,
    progress: Progress = NO_PROGRESS,
) -> CriticalComparison:
    """Find the pixels that carry an attack by SHAP values of both versions.

    For attack generation: the share of pixels with the largest absolute SHAP values of the attacked face; for attack
    detection: with the largest absolute difference between the attacked and the clean face's SHAP values. Each face's
    values are estimated twice: pixels are chosen by the first estimate and tested by the second.

    Args:
        detector: whose verdict was attacked.
        clean: (H, W, 3) uint8, the face before the attack.
        attacked: (H, W, 3) uint8, the same face after it.
        share: of the pixels that are critical, in (0, 0.5].
        samples: random points of each estimate of SHAP values.
        target: the explained output.
        seed: of the first estimate; the second one's is the next.
        progress: told the estimates and scores done and their number; a stop, between passes, raises `StopRequested`.

    Source: Arif, "Enhancing Deep Learning Robustness", table I (generation and detection), section VIII C and figure 6.
    Differs: gradient SHAP instead of Deep SHAP; pixels are chosen and tested by different samples; see `PixelTest`.
    """
    _check(clean, attacked, share)
    steps = progress.counter(6)

    def estimate(crop: Array, own: int) -> Attribution:
        settings = {"samples": samples}
        made = base.run(METHOD, detector, crop, settings, target=target, seed=own, progress=progress.quiet())
        steps.step()
        return made

    before, before_again, after, after_again = (estimate(x, own) for x in (clean, attacked) for own in (seed, seed + 1))
    rng = np.random.default_rng(seed)
    critical = partial(_critical, detector, clean, attacked, share, rng)
    generation = critical("attack generation", after.map, after_again.map)
    steps.step()
    detection = critical("attack detection", after.map - before.map, after_again.map - before_again.map)
    steps.step()
    overlap = _overlap(generation.mask, detection.mask)
    return CriticalComparison(before, after, generation, detection, share, samples, overlap)


def _overlap(generation: Array, detection: Array) -> float | None:
    """Return the share of a mask that lies in another; None where empty."""
    if not generation.any() or not detection.any():
        return None
    return float((generation & detection).sum() / generation.sum())


def largest(values: Array, share: float) -> Array:
    """Mask the share of pixels (H, W) with the largest absolute values.

    Zeros are never among them.
    """
    size = np.abs(values)
    count = max(1, round(share * size.size))
    mask = np.zeros(size.size, bool)
    mask[np.argsort(-size, axis=None, kind="stable")[:count]] = True
    return mask.reshape(size.shape) & (size > 0)


def random_shifts(mask: Array, rng: np.random.Generator) -> list[Array]:
    """Shift a mask (H, W) to 8 random positions, the image's edges joined."""
    return [np.roll(mask, tuple(move), (0, 1)) for move in rng.integers(0, mask.shape, (DRAWS, 2))]


def logits_with_masks(detector: Detector, clean: Array, attacked: Array, masks: Sequence[Array]) -> Array:
    """Compute the logits (N, 2) with the attack kept under each mask.

    Args:
        detector: the one that judges.
        clean: (H, W, 3) uint8.
        attacked: (H, W, 3) uint8.
        masks: N of (H, W) bool; each image is judged by itself.
    """
    images = [np.where(mask[..., None], attacked, clean) for mask in masks]
    logits = []
    for image in images:
        with detector.lock.long_turn(), preserve_state(detector.model), torch.inference_mode():
            logits.append(detector.model(to_tensor(to_uint8(image)))[0].numpy())
    return np.stack(logits)


def compare_groups(values: Array, mask: Array) -> PixelTest:
    """Test absolute values (H, W) inside a mask against those outside it.

    Each group has to vary.
    """
    from scipy.stats import ttest_ind  # here: half a second to import

    size = np.abs(values.astype(np.float64))
    inside, outside = size[mask], size[~mask]
    test = ttest_ind(inside, outside, equal_var=False)
    critical, other = (PixelGroup(float(g.mean()), float(g.std(ddof=1)), len(g)) for g in (inside, outside))
    pooled = np.sqrt(sum((g.count - 1) * g.sd**2 for g in (critical, other)) / (size.size - 2))
    return PixelTest(
        critical,
        other,
        t=float(test.statistic),
        df=float(test.df),
        p=float(test.pvalue),
        d=(critical.mean - other.mean) / float(pooled),
        p_shift=shift_test(size, mask),
    )


def shift_test(values: Array, mask: Array) -> float:
    """Return the share of a mask's shifts with as large a sum under it.

    All H * W shifts are tried, the image's edges joined. Mask and map keep their own neighbourhoods, so correlated
    neighbours are not counted as evidence. At least 1 / (H * W), as the mask's own position counts.
    Source: torus translations, Harms et al. 2001, J. Ecol. 89, 947.
    """
    spectrum = np.fft.rfft2(values) * np.conj(np.fft.rfft2(mask.astype(np.float64)))
    sums = np.fft.irfft2(spectrum, values.shape)
    slack = 1e-9 * float(np.abs(values).sum())
    return float(np.mean(sums >= sums[0, 0] - slack))


def _check(clean: Array, attacked: Array, share: float) -> None:
    for name, crop in (("the clean face", clean), ("the attacked face", attacked)):
        if crop.ndim != 3 or crop.shape[2] != 3 or crop.dtype != np.uint8:
            raise InputError(f"{name} has to be (H, W, 3) uint8; what came is {crop.shape} {crop.dtype}")
    if clean.shape != attacked.shape:
        raise InputError(
            f"the attacked face has to be of the clean face's size {clean.shape}; what came is {attacked.shape}"
        )
    if not 0 < share <= 0.5:
        raise InputError(f"the share of critical pixels lies in (0, 0.5]; what came is {share:g}")


def _critical(
    detector: Detector,
    clean: Array,
    attacked: Array,
    share: float,
    rng: np.random.Generator,
    purpose: Purpose,
    chosen: Array,
    tested: Array,
) -> CriticalPixels:
    """Choose critical pixels, test them by another estimate, measure their effect."""
    mask = largest(chosen, share)
    return _pixels(purpose, chosen, tested, mask, _effect(detector, clean, attacked, mask, rng))


def _pixels(purpose: Purpose, chosen: Array, tested: Array, mask: Array, effect: KeptEffect) -> CriticalPixels:
    inside, outside = tested[mask], tested[~mask]
    reason = None
    if not mask.any():
        what = "the two faces' SHAP values are equal" if purpose == "attack detection" else "all SHAP values are 0"
        reason = f"There are no critical pixels: {what}."
    elif min(len(inside), len(outside)) < 2 or not np.ptp(np.abs(inside)) or not np.ptp(np.abs(outside)):
        reason = "No test: one of the groups does not vary."
    elif np.array_equal(chosen, tested):
        reason = SAME
    order = np.argsort(-np.abs(chosen), axis=None, kind="stable")[: min(TOP, int(mask.sum()))]
    places = (np.unravel_index(i, chosen.shape) for i in order)
    top = tuple((int(row), int(column), float(chosen[row, column])) for row, column in places)
    edges = _edges(tested)
    critical, other = (
        np.histogram(np.clip(g, edges[0], edges[-1]), edges)[0] / max(len(g), 1) for g in (inside, outside)
    )
    test = compare_groups(tested, mask) if reason in (None, SAME) else None
    return CriticalPixels(purpose, chosen, tested, mask, top, edges, critical, other, test, effect, reason)


def _edges(values: Array) -> Array:
    """Return bin edges around 0 that cover all but a thousandth of the values."""
    reach = float(np.quantile(np.abs(values), 0.999)) or float(np.abs(values).max()) or 1.0
    return np.linspace(-reach, reach, BINS + 1)


def _effect(detector: Detector, clean: Array, attacked: Array, mask: Array, rng: np.random.Generator) -> KeptEffect:
    """Compute scores with the attack kept under the mask, elsewhere, and under shifted masks."""
    both = [other for one in (mask, *random_shifts(mask, rng)) for other in (one, ~one)]
    logits = logits_with_masks(detector, clean, attacked, [np.zeros_like(mask), np.ones_like(mask), *both])
    scores = np.array([detector.p_fake(one) for one in logits])
    by_chance = scores[4:].reshape(-1, 2).mean(0)
    return KeptEffect(*(float(score) for score in (*scores[:4], *by_chance)))
