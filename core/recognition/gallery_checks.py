"""Check a gallery: copies, doubtful identities, people with too few photos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..types import Array
from ..types.recognition import GalleryFinding, GalleryPhoto
from .gallery_photos import names_of

COPY, COPY_COSINE = 0.85, 0.85  # correlation of thumbnails, and cosine, from which two photos hardly differ
SAME_PHOTO, SAME_COSINE = 0.97, 0.9  # the same for two files of one photo
MIN_TO_JUDGE = 3  # photos of a person, below which none of them is doubted


def mark_copies(
    photos: Sequence[GalleryPhoto], thumbnails: Mapping[str, Array], vectors: Mapping[str, Array]
) -> list[GalleryPhoto]:
    """Mark photos that hardly differ from an earlier one of the person."""
    found: list[GalleryPhoto] = []
    for photo in photos:
        earlier = [one for one in found if one.person == photo.person and one.enrolled and one.duplicate_of is None]
        of = next((one.name for one in earlier if photo.enrolled and _alike(one, photo, thumbnails, vectors)), None)
        found.append(replace(photo, duplicate_of=of))
    return found


def _alike(a: GalleryPhoto, b: GalleryPhoto, thumbnails: Mapping[str, Array], vectors: Mapping[str, Array]) -> bool:
    if a.id == b.id:
        return True
    correlation = float((thumbnails[a.name] * thumbnails[b.name]).mean())
    if a.name in vectors and b.name in vectors:
        return correlation >= COPY and float(vectors[a.name] @ vectors[b.name]) >= COPY_COSINE
    return correlation >= SAME_PHOTO


def check_identities(
    photos: Sequence[GalleryPhoto], vectors: Mapping[str, Array], people: Sequence[str]
) -> tuple[list[GalleryPhoto], list[GalleryFinding]]:
    """Find photos that are nearer to another person than to their own.

    They are not enrolled. Copies do not vouch for one another. A person with fewer than `MIN_TO_JUDGE` different
    photos is not judged.
    """
    kept = list(photos)
    findings: list[GalleryFinding] = []
    places = [k for k, photo in enumerate(kept) if photo.enrolled]
    if not places:
        return kept, findings
    matrix = np.stack([vectors[kept[k].name] for k in places])
    owner = np.asarray([people.index(kept[k].person) for k in places])
    first = np.asarray([kept[k].duplicate_of is None for k in places])
    alike = [kept[k].duplicate_of or kept[k].name for k in places]
    cosines = matrix @ matrix.T
    different = np.bincount(owner[first], minlength=len(people))
    medians = _medians(cosines, owner, first, alike, len(people))
    for row, k in enumerate(places):
        own = owner[row]
        values = np.where(np.isnan(medians[row]), -np.inf, medians[row])
        nearest = int(np.argmax(values))
        if different[own] < MIN_TO_JUDGE or nearest == own or values[nearest] <= values[own]:
            continue
        sentence = (
            f"{kept[k].name} is not enrolled: it is nearer to {people[nearest]} ({values[nearest]:.2f}) than to "
            f"{people[own]} ({values[own]:.2f})"
        )
        findings.append(GalleryFinding("doubtful identity", kept[k].person, kept[k].name, sentence))
        kept[k] = replace(kept[k], reason="doubtful identity")
    return kept, findings


def _medians(cosines: Array, owner: Array, first: Array, alike: Sequence[str], people: int) -> Array:
    """Return each photo's median cosine with each person (N, P), copies of itself aside."""
    out = np.full((len(owner), people), np.nan)
    groups = np.unique(np.asarray(alike), return_inverse=True)[1]
    for person in range(people):
        columns = np.flatnonzero((owner == person) & first)
        if not len(columns):
            continue
        values = np.where(groups[:, None] == groups[columns][None], np.nan, cosines[:, columns])
        usable = ~np.isnan(values).all(1)
        out[usable, person] = np.nanmedian(values[usable], axis=1)
    return out


def check_people(
    people: Sequence[str], photos: Sequence[GalleryPhoto], thumbnails: Mapping[str, Array]
) -> list[GalleryFinding]:
    """Find copies, people with no or one photo, and photos under two names."""
    found = [
        GalleryFinding(
            "near duplicate",
            one.person,
            one.name,
            f"{one.name} hardly differs from {one.duplicate_of}: both count once",
        )
        for one in photos
        if one.duplicate_of
    ]
    for person in people:
        own = [photo for photo in photos if photo.person == person]
        enrolled = {photo.duplicate_of or photo.name for photo in own if photo.enrolled}
        if not own:
            sentence = f"the folder {person} has no photo: a gallery is a folder of photos for each person"
            found.append(GalleryFinding("empty folder", person, None, sentence))
        elif not enrolled:
            sentence = f"{person} cannot be recognised: none of {names_of(own)} is enrolled"
            found.append(GalleryFinding("no face", person, None, sentence))
        elif len(enrolled) == 1:
            sentence = f"{person} has one photo only: how well the person is recognised cannot be measured"
            found.append(GalleryFinding("one photo only", person, None, sentence))
    return [*found, *_two_names(photos, thumbnails)]


def _two_names(photos: Sequence[GalleryPhoto], thumbnails: Mapping[str, Array]) -> list[GalleryFinding]:
    faces = [photo for photo in photos if photo.name in thumbnails]
    if not faces:
        return []
    matrix = np.stack([thumbnails[photo.name].ravel() for photo in faces])
    found = []
    for k, photo in enumerate(faces[:-1]):
        correlations = matrix[k + 1 :] @ matrix[k] / matrix.shape[1]
        for j in np.flatnonzero(correlations >= SAME_PHOTO) + k + 1:
            other = faces[int(j)]
            if other.person != photo.person:
                sentence = f"the same photo lies under two names: {photo.name} and {other.name}"
                found.append(GalleryFinding("two names", photo.person, photo.name, sentence))
    return found
