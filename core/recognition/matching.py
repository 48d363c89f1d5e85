"""Compare an embedding with the people of a gallery."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from ..types import Array, InputError, content_id
from ..types.recognition import Gallery, Identification, PersonMatch

NEAREST = 5  # people that an identification lists
LEFT_OUT = "left out of this comparison"


def person_similarities(embedding: Array, gallery: Gallery) -> Array:
    """Return the similarity (P,) to each person: the mean cosine with the enrolled photos.

    NaN for a person without an enrolled photo.
    """
    return _means(gallery.embeddings @ embedding, gallery)


def _means(cosines: Array, gallery: Gallery) -> Array:
    people = len(gallery.people)
    sums = np.bincount(gallery.owner, cosines, people)
    counts = np.bincount(gallery.owner, minlength=people)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def identify_embedding(embedding: Array, gallery: Gallery) -> Identification:
    """Name the nearest person if the similarity reaches the gallery's threshold."""
    if gallery.calibration is None or gallery.threshold is None:
        raise InputError(f"the gallery was made for {gallery.recogniser}, which gives no embeddings")
    cosines = gallery.embeddings @ embedding
    means = _means(cosines, gallery)
    order = [int(i) for i in np.argsort(-means, kind="stable")[:NEAREST] if np.isfinite(means[i])]
    if not order:
        raise InputError("the gallery has no person with an enrolled photo")
    enrolled = gallery.enrolled
    nearest = []
    for person in order:
        own = np.flatnonzero(gallery.owner == person)
        photo = enrolled[int(own[np.argmax(cosines[own])])].name
        value = float(means[person])
        nearest.append(PersonMatch(gallery.people[person], value, gallery.calibration.confidence(value), photo))
    threshold, first = gallery.threshold.similarity, nearest[0]
    known = first.similarity >= threshold
    return Identification(first.name if known else None, first.confidence if known else None, tuple(nearest), threshold)


def without_file(gallery: Gallery, sha256: str) -> tuple[Gallery, tuple[str, ...]]:
    """Return the gallery without the photos that are this very file, and their names.

    Nobody is recognised by the picture that is asked about. Photos that only hardly differ from it stay.
    """
    same = tuple(photo.name for photo in gallery.enrolled if photo.id == sha256)
    return (_without(gallery, set(same)), same) if same else (gallery, ())


def without_photos(gallery: Gallery, names: Collection[str]) -> Gallery:
    """Return the gallery without some photos; thresholds stay.

    Photos that hardly differ from one of them are left out, too.
    """
    alike = {one.duplicate_of or one.name for one in gallery.photos if one.name in names}
    return _without(
        gallery,
        {one.name for one in gallery.photos if one.name in names or (one.duplicate_of or one.name) in alike},
    )


def _without(gallery: Gallery, gone: Collection[str]) -> Gallery:
    kept = np.asarray([one.name not in gone for one in gallery.enrolled], bool)
    photos = tuple(
        replace(one, reason=LEFT_OUT) if one.enrolled and one.name in gone else one for one in gallery.photos
    )
    return replace(
        gallery,
        id=content_id(gallery.id, *sorted(gone)),
        photos=photos,
        owner=gallery.owner[kept],
        embeddings=gallery.embeddings[kept],
    )
