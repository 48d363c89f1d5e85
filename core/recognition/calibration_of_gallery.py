"""Measure thresholds and confidence on the comparisons inside a gallery."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression

from ..types import Array
from ..types.recogniser_results import ReferenceScores
from ..types.recognition import MatchCalibration, MatchThreshold

RATES = (1e-2, 1e-3)  # false-match rates
MIN_GENUINE, MIN_PEOPLE = 20, 3  # comparisons and people from which the confidence is fitted on the gallery
Scores = tuple[Array, Array, Array]  # genuine (G,), impostor (I,), and (G,) the person of each genuine one


def gallery_scores(embeddings: Array, owner: Array, alike: Array) -> Scores:
    """Compare each photo with the rest of its person, and with everybody else.

    Args:
        embeddings: (N, D) unit vectors.
        owner: (N,) the person of each.
        alike: (N,) equal numbers for photos that hardly differ: they count once, and never for each other.
    """
    if not len(owner):
        return np.zeros(0, np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64)
    first = np.sort(np.unique(alike, return_index=True)[1])
    vectors = embeddings[first].astype(np.float64)
    people, person = np.unique(owner[first], return_inverse=True)
    counts = np.bincount(person)
    sums = np.zeros((len(people), vectors.shape[1]))
    np.add.at(sums, person, vectors)
    products = vectors @ sums.T  # (N, P) sums of cosines
    rows = np.arange(len(vectors))
    own = (products[rows, person] - (vectors**2).sum(1)) / np.maximum(counts[person] - 1, 1)
    several = counts[person] > 1
    others = np.ones(products.shape, bool)
    others[rows, person] = False
    impostor = (products / counts)[others]
    return own[several].astype(np.float32), impostor.astype(np.float32), people[person][several]


def threshold_of(impostor: Array, rate: float, source: str) -> MatchThreshold:
    """Return the lowest similarity that at most a share `rate` of the impostors reach."""
    ordered = np.sort(impostor.astype(np.float32))[::-1]
    least = float(np.nextafter(ordered[min(int(rate * len(ordered)), len(ordered) - 1)], np.float32(2)))
    return MatchThreshold(rate, least, len(ordered), source, len(ordered) * rate >= 1)


def calibrate(scores: Scores, reference: ReferenceScores | None) -> MatchCalibration:
    """Fit thresholds and confidence on a gallery's scores.

    Where they are too few, those measured on reference faces are taken.
    A person's false-match rate is that of one comparison of a face with one person of the gallery.
    """
    genuine, impostor, persons = scores
    thresholds = [_threshold(impostor, rate, reference) for rate in RATES]
    if len(genuine) >= MIN_GENUINE and len(np.unique(persons)) >= MIN_PEOPLE and len(impostor) >= MIN_GENUINE:
        slope, intercept = fit_confidence(genuine, impostor)
        source = f"{len(genuine)} photos of {len(np.unique(persons))} people of this gallery, each left out"
    elif reference:
        slope, intercept, source = reference.slope, reference.intercept, reference.source
    else:
        spread = float(impostor.std()) if len(impostor) > 1 else 0.1
        slope = 1 / max(spread, 1e-3)
        intercept = -slope * thresholds[-1].similarity
        source = "not measured, for want of photos: half at the threshold, and the impostors' deviation as its scale"
    return MatchCalibration(tuple(thresholds), slope, intercept, genuine, impostor, source)


def _threshold(impostor: Array, rate: float, reference: ReferenceScores | None) -> MatchThreshold:
    if len(impostor) * rate < 1 and reference:
        for known, cosine in reference.thresholds:
            if abs(known - rate) < 1e-9:
                return MatchThreshold(rate, cosine, reference.comparisons, reference.source)
    if not len(impostor):
        return MatchThreshold(rate, 1.0, 0, "nothing: there is nobody to compare with", enough=False)
    return threshold_of(impostor, rate, "photos of this gallery, each with every other person")


def fit_confidence(genuine: Sequence[float] | Array, impostor: Sequence[float] | Array) -> tuple[float, float]:
    """Fit the logistic confidence on similarities, both classes weighing alike: slope and intercept.

    Source: Platt 1999.
    """
    x = np.r_[np.asarray(genuine, np.float64), np.asarray(impostor, np.float64)][:, None]
    y = np.r_[np.ones(len(genuine)), np.zeros(len(impostor))]
    model = LogisticRegression(class_weight="balanced", C=100.0).fit(x, y)
    return float(model.coef_[0, 0]), float(model.intercept_[0])
