"""Compute 95 % intervals: Wilson, Newcombe and bootstraps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[Any]
Interval = tuple[float, float]
Statistic = Callable[..., float | None]
Group = Values | Sequence[Values]  # (N,) values, each by itself; or one array for each medium, kept together


def wilson(k: float, n: float, level: float = 0.95) -> Interval:
    """Return the score interval of the share `k / n`.

    Source: Wilson 1927; Brown, Cai and DasGupta 2001, "Interval Estimation for a Binomial Proportion", eq. 4.
    """
    if n <= 0:
        return 0.0, 1.0
    from scipy.special import ndtri  # here: it is slow to import; scipy.stats is far slower

    z = float(ndtri((1 + level) / 2))
    share, weight = k / n, z * z / n
    middle = (share + weight / 2) / (1 + weight)
    half = z * np.sqrt(share * (1 - share) / n + weight / (4 * n)) / (1 + weight)
    return 0.0 if k <= 0 else float(middle - half), 1.0 if k >= n else float(middle + half)


def newcombe(k: tuple[float, float], n: tuple[float, float], level: float = 0.95) -> Interval:
    """Return the interval of the difference `k[0] / n[0] - k[1] / n[1]`.

    Holds where a share is 0 or 1, too.
    Source: Newcombe 1998, "Interval estimation for the difference between independent proportions", method 10.
    """
    if min(n) <= 0:
        return -1.0, 1.0
    (low_a, high_a), (low_b, high_b) = wilson(k[0], n[0], level), wilson(k[1], n[1], level)
    a, b = k[0] / n[0], k[1] / n[1]
    below, above = np.hypot(a - low_a, high_b - b), np.hypot(high_a - a, b - low_b)
    return float(a - b - below), float(a - b + above)


def bootstrap(
    statistic: Statistic,
    *groups: Group,
    n: int = 1000,
    seed: int = 0,
    level: float = 0.95,
    share: bool = False,
    centred: bool = False,
) -> Interval | None:
    """Compute the percentile interval of `statistic(*groups)` by resampling each group with replacement.

    Args:
        statistic: of as many (N,) arrays as there are groups.
        groups: each (N,) independent values, or a list of arrays, one per medium, whose frames are resampled together
            (a cluster bootstrap), because they are not independent.
        n: number of resamples.
        seed: of the resamples.
        level: of the interval, in (0, 1).
        share: the statistic is a proportion. If every resample gives the same 0 or 1, return Wilson's interval for the
            smallest group's number of units instead of a zero-width one.
        centred: subtract the resamples' bias, not below 0: for metrics that resampling inflates, such as the
            calibration error.

    Returns None when a group has fewer than two units, or all resamples agree.
    Source: Efron and Tibshirani 1993, sections 13.3 and 8; clusters as in Field and Welsh 2007.
    """
    observed = statistic(*(_joined(group) for group in groups))
    units = min(len(group) for group in groups)
    values: list[float] = []
    if units >= 2:
        rng = np.random.default_rng(seed)
        resampled = (statistic(*(_resampled(group, rng) for group in groups)) for _ in range(n))
        values = [value for value in resampled if value is not None]
    if len(values) >= n / 2 and min(values) < max(values):
        low, high = np.quantile(values, ((1 - level) / 2, (1 + level) / 2))
        bias = float(np.mean(values)) - observed if centred and observed is not None else 0.0
        return (max(float(low) - bias, 0.0), max(float(high) - bias, 0.0)) if centred else (float(low), float(high))
    return wilson(observed * units, units, level) if share and units and observed in (0, 1) else None


def _joined(group: Group) -> Values:
    if isinstance(group, np.ndarray):
        return group
    return np.concatenate(group) if len(group) else np.zeros(0)


def _resampled(group: Group, rng: np.random.Generator) -> Values:
    index = rng.integers(0, len(group), len(group))
    return group[index] if isinstance(group, np.ndarray) else np.concatenate([group[i] for i in index])


def block_length(values: Values) -> int:
    """Choose the number of neighbouring values in a block from their autocorrelation.

    Source: Politis and White 2004, section 3, with the constant of Patton, Politis and White 2009 (circular blocks).
    Differs: at least the cube root of N, because correlations of a dozen frames are too noisy to rely on.
    """
    count = len(values)
    shortest, longest = round(count ** (1 / 3)), max(1, min(int(3 * np.sqrt(count)), count // 3))
    centred = values - values.mean()
    power = float(centred @ centred) / count
    if power <= 1e-12:
        return min(max(1, shortest), longest)
    run = max(5, int(np.sqrt(np.log10(count))))
    lags = min(count - 1, int(np.ceil(np.sqrt(count))) + run)
    shared = np.asarray([centred[: count - k] @ centred[k:] / count for k in range(lags + 1)])
    correlated = np.flatnonzero(np.abs(shared[1:] / power) >= 2 * np.sqrt(np.log10(count) / count)) + 1
    gaps = np.diff(np.r_[0, correlated, lags + run + 1])
    last = int(np.r_[0, correlated][int(np.argmax(gaps > run))])  # the lag after which `run` lags in a row are noise
    k = np.arange(1, min(2 * last, lags) + 1)
    taper = np.clip(2 * (1 - k / max(2 * last, 1)), 0, 1)
    spectrum = shared[0] + 2 * float(taper @ shared[k])
    slope = 2 * float((taper * k) @ shared[k])
    if spectrum <= 1e-12:
        return min(max(1, shortest), longest)
    best = (2 * slope**2 / (4 / 3 * spectrum**2)) ** (1 / 3) * count ** (1 / 3)
    return int(min(max(1, shortest, round(best)), longest))


def block_bootstrap(
    values: Values,
    *,
    block: int | None = None,
    n: int = 2000,
    seed: int = 0,
    level: float = 0.95,
    min_std: float = 0.0,
) -> Interval:
    """Compute the interval, within [0, 1], of the mean of consecutive frames' values.

    Circular blocks are resampled. Deviations are scaled by sqrt(T / (T - block)) and by Student's over the normal
    quantile for the number of blocks: few blocks understate them. For one value, or equal values, return Wilson's
    interval with the number of blocks as sample size.

    Args:
        values: (T,) in [0, 1], in the order of the frames.
        block: length of a block; None: `block_length`.
        n: number of resamples.
        seed: of the resamples.
        level: of the interval, in (0, 1).
        min_std: lower bound of a value's standard deviation. Above 0, values that vary less get Student's interval over
            the blocks with this deviation; Wilson's is then for a single value only.

    Source: Kunsch 1989; Politis and Romano 1992 (circular blocks). Differs: the scaling.
    """
    values = np.asarray(values, np.float64)
    if not (np.isfinite(values).all() and ((values >= 0) & (values <= 1)).all()):
        raise ValueError("the values of frames have to lie in [0, 1]")
    count = len(values)
    from scipy.special import ndtri, stdtrit  # here, as above

    if count == 0:
        return 0.0, 1.0
    size = block_length(values) if block is None else max(1, min(block, count))
    mean, blocks = float(values.mean()), count / size
    if blocks < 2 or (np.ptp(values) == 0 and min_std == 0):
        effective = max(1.0, blocks)
        return wilson(mean * effective, effective, level)
    full, rest = divmod(count, size)
    around = np.cumsum(np.r_[0.0, values, values[:size]])
    whole, part = (around[long : long + count] - around[:count] for long in (size, rest))
    starts = np.random.default_rng(seed).integers(0, count, (n, full + 1))
    resampled = (whole[starts[:, :-1]].sum(1) + part[starts[:, -1]]) / count
    quantile = float(stdtrit(blocks - 1, (1 + level) / 2))
    strayed = (resampled - mean) * quantile / ndtri((1 + level) / 2) * np.sqrt(count / (count - size))
    low, high = np.quantile(strayed, ((1 - level) / 2, (1 + level) / 2))
    least = quantile * min_std / np.sqrt(blocks)
    return max(0.0, float(mean + min(low, -least))), min(1.0, float(mean + max(high, least)))
