"""Fit margins to probabilities and bands with measured error rates.

Everything works on margins (fake logit minus real logit) and features of labelled faces; the result is kept as JSON
beside the detector's card, and read by `probability`, `band` and `ood_reason`. Reading needs
no scikit-learn: it is imported where something is fitted.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...metrics.calibration_error import expected_calibration_error, reliability
from ...metrics.intervals import bootstrap, wilson
from ...metrics.roc import auc
from ...types import Array, InputError
from ...types.calibration import BandContents, Bands, BlurLevel, Calibration, ProbabilityMap
from ...types.tracks import BandThresholds

METHODS = ("temperature", "platt", "isotonic")
RISKS = (0.01, 0.02, 0.05, 0.1, 0.2)
AGREED = 1.0  # faces that are added to each level of an isotonic regression
MIN_FACES = 20  # faces of each class, below which nothing is fitted
BANDS = ("Likely not manipulated", "Inconclusive", "Likely manipulated")


def probability(margin: float, calibration: Calibration) -> float:
    """Return the calibrated probability of "fake" for a margin, under balanced classes."""
    return float(_apply(np.asarray([margin], np.float64), calibration.map)[0])


def score_interval(p_fake: float, calibration: Calibration) -> tuple[float, float]:
    """Return the interval of a calibrated probability, which lies in it.

    The 95 % interval of the forged share among held-out faces with the nearest probabilities, widened to the
    probability itself where the map misses what was measured.
    """
    low, high = min(calibration.reliability, key=lambda row: abs(row.mean_p - p_fake)).interval
    return min(low, p_fake), max(high, p_fake)


def band(p_fake: float, bands: Bands) -> str:
    """Name the band of a calibrated probability; between both thresholds, "Inconclusive"."""
    return BANDS[2] if p_fake >= bands.high else BANDS[0] if p_fake <= bands.low else BANDS[1]


def at_risk(calibration: Calibration, risk: float) -> Calibration:
    """Return the calibration with the bands of another risk of `RISKS`."""
    for bands in calibration.by_risk:
        if abs(bands.risk - risk) < 1e-9:
            return replace(calibration, bands=bands)
    allowed = ", ".join(f"{bands.risk:g}" for bands in calibration.by_risk)
    raise InputError(f"the risk has to be one of {allowed}; what came is {risk:g}")


def band_thresholds(calibration: Calibration) -> BandThresholds:
    """Read the thresholds of a calibration's bands, at stricter risks too."""
    here = calibration.bands
    return BandThresholds(here.low, here.high, here.risk, tuple((row.risk, row.high) for row in calibration.by_risk))


def _fit(margins: Array, labels: Array, method: str) -> ProbabilityMap:
    """Fit the map from margin to probability, both classes weighing the same."""
    from sklearn.linear_model import LogisticRegression

    weights = np.where(labels == 1, 0.5 / labels.mean(), 0.5 / (1 - labels.mean()))
    if method == "isotonic":
        return _fit_isotonic(margins, labels, weights)
    logistic = LogisticRegression(C=1e6, fit_intercept=method == "platt").fit(margins[:, None], labels, weights)
    slope = max(float(logistic.coef_[0, 0]), 1e-6)
    if method == "platt":
        return ProbabilityMap(method, slope=slope, intercept=float(logistic.intercept_[0]))
    return ProbabilityMap(method, temperature=1 / slope)


def _fit_isotonic(margins: Array, labels: Array, weights: Array) -> ProbabilityMap:
    """Fit a rising curve by centred isotonic regression (Oron and Flournoy 2017, arXiv:1701.05964).

    Each level of an isotonic regression counts at the centre of its faces, and between centres the curve is a line;
    beyond the outermost ones it is level. `AGREED` faces, half of them of each class, are added to each
    level, so that few faces of one class make nothing certain.
    """
    from sklearn.isotonic import IsotonicRegression

    levels = IsotonicRegression().fit(margins, labels, weights).predict(margins)
    values, place = np.unique(levels, return_inverse=True)
    total = np.bincount(place, weights)
    centres = np.bincount(place, weights * margins) / total
    shrunk = np.maximum.accumulate((values * total + 0.5 * AGREED) / (total + AGREED))
    return ProbabilityMap("isotonic", x=tuple(centres.tolist()), y=tuple(shrunk.tolist()))


def _expit(values: Array) -> Array:
    """Compute the logistic function."""
    from scipy.special import expit  # here: it is slow to import

    out: Array = expit(values)
    return out


def _apply(margins: Array, found: ProbabilityMap) -> Array:
    if found.x is not None and found.y is not None:
        return np.interp(margins, found.x, found.y)
    slope = found.slope if found.slope is not None else 1 / (found.temperature or 1.0)
    return _expit(np.clip(margins * slope + (found.intercept or 0.0), -60, 60))


def thresholds(p_fake: Array, labels: Array, risk: float) -> tuple[float, float]:
    """Choose thresholds `low` and `high` on `p_fake` for a risk in (0, 1).

    At most `risk` of forgeries lie at or below `low`, at most `risk` of real faces at or above `high`. Neither crosses
    0.5, where the label flips. `labels`: (N,) 0 real, 1 fake.
    """
    real, fake = np.sort(p_fake[labels == 0]), np.sort(p_fake[labels == 1])
    high = np.nextafter(np.quantile(real, 1 - risk, method="higher"), 2)
    low = np.nextafter(np.quantile(fake, risk, method="lower"), -1)
    return float(np.clip(low, 1e-6, 0.5)), float(np.clip(high, 0.5, 1 - 1e-6))


def calibrate(
    margins: Array, labels: Array, groups: Array, *, method: str = "temperature", risk: float = 0.1, data: str = ""
) -> Calibration:
    """Calibrate a detector from its margins on labelled faces.

    Args:
        margins: (N,) fake logit minus real logit.
        labels: (N,) 0 real, 1 fake.
        groups: (N,) the source of each face (its medium); no source is both fitted and measured.
        method: "temperature" (Guo et al. 2017, arXiv:1706.04599, section 4.2: one number, labels do not change),
            "platt" (Platt 1999: slope and intercept) or "isotonic" (Zadrozny and Elkan 2002;
            centred: Oron and Flournoy 2017).
        risk: share of each class that may be misclassified outside of the inconclusive band.
        data: describes the faces.

    Every metric is cross-validated: five folds over the groups, map and thresholds from the other folds.
    Probabilities assume balanced classes: whatever the folder holds, both weigh the same.
    """
    _check_labels(method, labels, groups)
    from sklearn.model_selection import GroupKFold

    folds = list(GroupKFold(min(5, len(np.unique(groups)))).split(margins, labels, groups))
    p_out = np.zeros(len(margins))
    for rest, held in folds:
        p_out[held] = _apply(margins[held], _fit(margins[rest], labels[rest], method))
    found = _fit(margins, labels, method)
    p_in = _apply(margins, found)
    even = _balanced(labels)
    raw = _expit(np.clip(margins, -60, 60))
    real, fake = margins[labels == 0], margins[labels == 1]
    by_risk = [_bands(p_in, p_out, labels, folds, level) for level in sorted({*RISKS, risk})]
    return Calibration(
        map=found,
        data=data,
        n_real=len(real),
        n_fake=len(fake),
        sources=len(np.unique(groups)),
        auc=auc(real, fake),
        auc_interval=bootstrap(auc, real, fake),
        ece_uncalibrated=expected_calibration_error(raw[even], labels[even]),
        ece=expected_calibration_error(p_out[even], labels[even]),
        ece_interval=_ece_interval(p_out, labels),
        reliability=reliability(p_out[even], labels[even], 10),
        bands=next(bands for bands in by_risk if bands.risk == risk),
        by_risk=tuple(by_risk),
    )


def _check_labels(method: str, labels: Array, groups: Array) -> None:
    if method not in METHODS:
        raise InputError(f"the method of calibration has to be one of {', '.join(METHODS)}; what came is {method!r}")
    real, fake = int((labels == 0).sum()), int((labels == 1).sum())
    if min(real, fake) < MIN_FACES:
        raise InputError(
            f"calibrating needs {MIN_FACES} judged real faces and as many forged ones; "
            f"what came is {real} real, {fake} forged"
        )
    if len(np.unique(groups[labels == 0])) < 2 or len(np.unique(groups[labels == 1])) < 2:
        raise InputError("calibrating needs at least two real and two forged media, so that some can be held out")


def _balanced(labels: Array) -> Array:
    """Return indices with both classes equally frequent: the rarer one is repeated."""
    parts = [np.flatnonzero(labels == k) for k in (0, 1)]
    largest = max(map(len, parts))
    return np.concatenate([np.resize(part, largest) for part in parts])


def _ece_interval(p_fake: Array, labels: Array, *, n: int = 400, seed: int = 0) -> tuple[float, float]:
    rng = np.random.default_rng(seed)
    parts = [np.flatnonzero(labels == k) for k in (0, 1)]
    largest = max(map(len, parts))
    resampled = (np.concatenate([rng.choice(part, largest) for part in parts]) for _ in range(n))
    values = [expected_calibration_error(p_fake[i], labels[i]) for i in resampled]
    even = _balanced(labels)
    bias = float(np.mean(values)) - expected_calibration_error(p_fake[even], labels[even])  # drawing makes it larger
    low, high = np.quantile(values, (0.025, 0.975)) - bias
    return max(float(low), 0.0), max(float(high), 0.0)


def _bands(p_in: Array, p_out: Array, labels: Array, folds: list[tuple[Array, Array]], risk: float) -> Bands:
    """Compute the thresholds at a risk, and each band's contents on held-out folds."""
    where = np.zeros(len(labels), int)
    for rest, held in folds:
        low, high = thresholds(p_out[rest], labels[rest], risk)
        where[held] = np.where(p_out[held] >= high, 2, np.where(p_out[held] <= low, 0, 1))
    low, high = thresholds(p_in, labels, risk)
    rows = []
    for number, word in enumerate(BANDS):
        inside = [int((where[labels == k] == number).sum()) for k in (0, 1)]
        total = [int((labels == k).sum()) for k in (0, 1)]
        real, fake = (k / n for k, n in zip(inside, total, strict=True))
        rows.append(
            BandContents(
                word,
                real,
                wilson(inside[0], total[0]),
                fake,
                wilson(inside[1], total[1]),
                fake / (real + fake) if real + fake else None,
            )
        )
    return Bands(low, high, risk, tuple(rows))


def sharpness_limit(
    sharpness: dict[float, Array], scores: dict[float, tuple[Array, Array]], *, least: float = 0.65
) -> tuple[float, tuple[BlurLevel, ...]]:
    """Find the sharpness below which the detector hardly beats chance.

    Also returns the table that it is read from.

    Args:
        sharpness: blur in pixels -> sharpness of the faces blurred by it.
        scores: blur in pixels -> margins of real and of forged faces blurred by it.
        least: below this AUC no verdict is given.
    """
    rows = tuple(
        BlurLevel(blur, float(np.median(sharpness[blur])), auc(*scores[blur]) or 0.0) for blur in sorted(scores)
    )
    return next((row.sharpness for row in rows if row.auc < least), 0.0), rows
