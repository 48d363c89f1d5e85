"""Measure a face's Mahalanobis distance from the faces of a calibration."""

from __future__ import annotations

import base64
import functools

import numpy as np

from ...types import Array
from ...types.calibration import OodModel

COMPONENTS = 16  # directions of the features that are kept for the distance


def fit_ood_model(features: Array, groups: Array, *, quantile: float = 0.99) -> OodModel:
    """Fit mean, principal directions and threshold to features (N, D) of known faces.

    The distance is Mahalanobis's in `COMPONENTS` principal directions, with the residual as one more direction; 1 is
    typical. The threshold is the `quantile` of held-out distances: that share of known faces is accepted.
    Source: Lee et al. 2018, arXiv:1807.03888, section 2 (one Gaussian, not one per class).
    """
    from sklearn.model_selection import GroupKFold  # read calibrations need none of it

    out = np.zeros(len(features))
    for rest, held in GroupKFold(min(5, len(np.unique(groups)))).split(features, groups=groups):
        out[held] = _distances(features[held], *_directions(features[rest]))
    mean, directions, rest_scale = _directions(features)
    return OodModel(
        _packed(mean),
        _packed(directions),
        rest=rest_scale,
        quantile=quantile,
        cut=float(np.quantile(out, quantile)),
        median=float(np.median(out)),
        n=len(features),
    )


def distance(features: Array, known: OodModel) -> float:
    """Compute the distance of a face's features (D,); about 1 for a typical face."""
    mean, directions = _unpacked(known.mean), _unpacked(known.directions).reshape(-1, len(features))
    return float(_distances(features[None].astype(np.float64), mean, directions, known.rest)[0])


def ood_reason(features: Array, known: OodModel) -> str | None:
    """Say why a face is out of distribution; None when it is not."""
    far = distance(features, known)
    if far <= known.cut:
        return None
    return (
        f"too unlike the {known.n} faces that this detector was calibrated on: distance {far:.2f}, "
        f"{known.quantile:.0%} of those lie below {known.cut:.2f}"
    )


def _directions(features: Array) -> tuple[Array, Array, float]:
    """Return mean (D,), directions (K, D) over their deviation, and mean squared residual."""
    mean = features.mean(0, dtype=np.float64)
    centred = features - mean
    _, spread, axes = np.linalg.svd(centred, full_matrices=False)
    keep = min(COMPONENTS, len(spread) - 1)
    deviation = np.maximum(spread[:keep] / np.sqrt(len(features)), 1e-9)
    inside = centred @ axes[:keep].T
    rest = float(((centred**2).sum(1) - (inside**2).sum(1)).mean())
    return mean, axes[:keep] / deviation[:, None], max(rest, 1e-9)


def _distances(features: Array, mean: Array, directions: Array, rest_scale: float) -> Array:
    centred = features - mean
    inside = centred @ directions.T
    lengths = (directions**2).sum(1)
    left = np.maximum((centred**2).sum(1) - (inside**2 / lengths).sum(1), 0) / rest_scale
    out: Array = np.sqrt(((inside**2).sum(1) + left) / (len(directions) + 1))
    return out


def _packed(values: Array) -> str:
    return base64.b64encode(np.asarray(values, np.float32).tobytes()).decode()


@functools.lru_cache(maxsize=16)  # asked for at every verdict
def _unpacked(text: str) -> Array:
    values = np.frombuffer(base64.b64decode(text), np.float32).astype(np.float64)
    values.flags.writeable = False
    return values
