"""Measure verification over all pairs of a gallery's photos."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..metrics.intervals import Interval
from ..recognition.calibration_of_gallery import RATES, threshold_of
from ..recognition.embedding_recogniser import EmbeddingRecogniser
from ..recognition.gallery_folder import alike_groups
from ..recognition.gallery_photos import photo_crop
from ..types import Array, InputError
from ..types.recognition import Gallery, GalleryPhoto

DRAWS = 1000
DOUBTFUL = "doubtful identity"


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """Hold what a threshold does.

    fmr: share of impostor pairs, in [0, 1], that reach it at most.
    threshold: a cosine.
    recognised: share of genuine pairs that reach it; interval: its 95 % one, by person.
    """

    fmr: float
    threshold: float
    recognised: float
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class VerificationScore:
    """Hold how well pairs of photos are told apart.

    auc: None where either kind of pair is missing; interval: its 95 % one, by person.
    genuine, impostor: numbers of pairs.
    points: one a false-match rate.
    """

    auc: float | None
    interval: Interval | None
    genuine: int
    impostor: int
    points: tuple[OperatingPoint, ...]


@dataclass(frozen=True, slots=True)
class VerificationResult:
    """Hold what was measured of a recogniser on a gallery.

    people, photos: that took part; copies: photos that hardly differ from another, which count once.
    doubtful: names of the photos whose identity the gallery's checks doubt.
    all_photos: with these; without_doubtful: without.
    """

    recogniser: str
    people: int
    photos: int
    copies: int
    doubtful: tuple[str, ...]
    all_photos: VerificationScore
    without_doubtful: VerificationScore


@dataclass(frozen=True, slots=True, eq=False)
class VerificationPairs:
    """Hold the cosines of pairs of photos: (P,) each, with the people (P, 2) of each pair as numbers.

    Copies of a photo count once.
    """

    genuine: Array
    genuine_people: Array
    impostor: Array
    impostor_people: Array


def verification_pairs(embeddings: Array, owner: Array, alike: Array) -> VerificationPairs:
    """Compare all pairs of photos; of photos that hardly differ only the first counts.

    Args:
        embeddings: (N, D) unit vectors.
        owner: (N,) the person of each.
        alike: (N,) equal numbers for photos that hardly differ.
    """
    first = np.unique(alike, return_index=True)[1]
    vectors, people = embeddings[first], owner[first]
    a, b = np.triu_indices(len(vectors), 1)
    cosines, both = (vectors @ vectors.T)[a, b], np.stack([people[a], people[b]], 1)
    same = both[:, 0] == both[:, 1]
    return VerificationPairs(cosines[same], both[same], cosines[~same], both[~same])


def score_pairs(pairs: VerificationPairs, *, seed: int = 0) -> VerificationScore:
    """Compute AUC and operating points with intervals: people are resampled, their pairs with them.

    A pair of two people counts as often as both were drawn, multiplied.
    """
    genuine, impostor = pairs.genuine, pairs.impostor
    if not len(genuine) or not len(impostor):
        return VerificationScore(None, None, len(genuine), len(impostor), ())
    people = np.unique(np.r_[pairs.genuine_people.ravel(), pairs.impostor_people.ravel()])
    of_genuine, of_impostor = (np.searchsorted(people, one) for one in (pairs.genuine_people, pairs.impostor_people))
    thresholds = {rate: threshold_of(impostor, rate, "").similarity for rate in RATES}
    order = np.argsort(impostor, kind="stable")
    ordered, of_impostor = impostor[order], of_impostor[order]
    below, upto = (np.searchsorted(ordered, genuine, side) for side in ("left", "right"))
    draws: list[tuple[float, ...]] = []
    rng = np.random.default_rng(seed)
    counts = [np.ones(len(people)), *rng.multinomial(len(people), np.full(len(people), 1 / len(people)), DRAWS)]
    for count in counts:
        weight = count[of_genuine[:, 0]]
        against = np.r_[0, np.cumsum(count[of_impostor[:, 0]] * count[of_impostor[:, 1]])]
        total = weight.sum() * against[-1]
        if not total:
            continue
        area = float((weight * (against[below] + against[upto])).sum() / 2 / total)
        shares = (float(weight[genuine >= least].sum() / weight.sum()) for least in thresholds.values())
        draws.append((area, *shares))
    values = np.asarray(draws[1:])
    intervals = [_interval(column) for column in values.T] if len(values) else [None] * len(draws[0])
    points = [
        OperatingPoint(rate, least, share, interval)
        for (rate, least), share, interval in zip(thresholds.items(), draws[0][1:], intervals[1:], strict=True)
    ]
    return VerificationScore(draws[0][0], intervals[0], len(genuine), len(impostor), tuple(points))


def _interval(values: Array) -> Interval:
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)


def measure_verification(gallery: Gallery, recogniser: EmbeddingRecogniser) -> VerificationResult:
    """Measure how well pairs of photos are told apart: same person or not.

    Photos of doubtful identity count in `all_photos`: the gallery's checks do not polish the AUC.

    Raises `InputError` where fewer than two people have a photo, or nobody has two.
    """
    photos = [replace(one, reason=None) if one.reason == DOUBTFUL else one for one in gallery.photos]
    faces = [one for one in photos if one.enrolled]
    doubted = {one.name for one in gallery.photos if one.reason == DOUBTFUL}
    known = {photo.name: vector for photo, vector in zip(gallery.enrolled, gallery.embeddings, strict=True)}
    known |= {one.name: recogniser.embed(photo_crop(one)) for one in faces if one.name in doubted}
    whole = _score(faces, known)
    if whole.auc is None:
        raise InputError(
            f"verification wants two people with photos, and two different photos of one; "
            f"came {whole.genuine} pairs of one person and {whole.impostor} of two"
        )
    return VerificationResult(
        recogniser.name,
        len({one.person for one in faces}),
        len(faces),
        sum(one.duplicate_of is not None for one in faces),
        tuple(sorted(doubted)),
        whole,
        _score([one for one in faces if one.name not in doubted], known),
    )


def _score(faces: list[GalleryPhoto], known: dict[str, Array]) -> VerificationScore:
    if not faces:
        return VerificationScore(None, None, 0, 0, ())
    people = sorted({one.person for one in faces})
    owner = np.asarray([people.index(one.person) for one in faces])
    return score_pairs(verification_pairs(np.stack([known[one.name] for one in faces]), owner, alike_groups(faces)))
