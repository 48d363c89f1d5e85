"""Measure how far a face lies from those that a calibration knows."""

from __future__ import annotations

import base64
import functools

import numpy as np
from sklearn.model_selection import GroupKFold

from ...types import Array
from .fit import Record

COMPONENTS = 16  # directions of the features that are kept for the distance


def familiarity(features: Array, groups: Array, *, quantile: float = 0.99) -> Record:
    """What the features (N, D) of known faces are like: a mean, the leading directions, and a cut.

    The distance is Mahalanobis's in `COMPONENTS` principal directions, with what is left as one more direction; 1 is
    typical. The cut is the `quantile` of held-out distances: that share of known faces is let through.
    Source: Lee et al. 2018, arXiv:1807.03888, section 2 (one Gaussian, not one a class).
    """
    out = np.zeros(len(features))
    for rest, held in GroupKFold(min(5, len(np.unique(groups)))).split(features, groups=groups):
        out[held] = _distances(features[held], *_directions(features[rest]))
    mean, directions, rest_scale = _directions(features)
    return {
        "mean": _packed(mean),
        "directions": _packed(directions),
        "rest": rest_scale,
        "quantile": quantile,
        "cut": float(np.quantile(out, quantile)),
        "median": float(np.median(out)),
        "n": len(features),
    }


def distance(features: Array, record: Record) -> float:
    """The distance of one face's features (D,) from the known ones; about 1 for a typical face."""
    mean, directions = _unpacked(record["mean"]), _unpacked(record["directions"]).reshape(-1, len(features))
    return float(_distances(features[None].astype(np.float64), mean, directions, record["rest"])[0])


def unlike(features: Array, record: Record) -> str | None:
    """Why a face is too unlike the known ones for a verdict, as a sentence; None when it is not."""
    far, known = distance(features, record["familiarity"]), record["familiarity"]
    if far <= known["cut"]:
        return None
    return (
        f"too unlike the {known['n']} faces that this detector was calibrated on: distance {far:.2f}, "
        f"{known['quantile']:.0%} of those lie below {known['cut']:.2f}"
    )


def _directions(features: Array) -> tuple[Array, Array, float]:
    """Mean (D,), directions (K, D) divided by their spread, and the mean squared rest."""
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
