"""Make a gallery from a folder: read, embedded, checked and calibrated once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..progress import NO_PROGRESS, Progress
from ..types import Array, InputError, content_id
from ..types.recognition import FaceCrop, Gallery, GalleryFinding, GalleryPhoto
from .base import Recogniser
from .calibration_of_gallery import calibrate, gallery_scores
from .embedding_recogniser import EmbeddingRecogniser
from .gallery_cache import gallery_key, load_gallery, save_gallery
from .gallery_checks import check_identities, check_people, mark_copies
from .gallery_photos import list_photos, read_photo, thumbnail
from .reference_scores import reference_of

DEFAULT_FMR = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class ReadPhotos:
    """Hold what was read of a folder: photos in order, and their faces.

    crops, thumbnails: by the photo's name.
    """

    photos: list[GalleryPhoto]
    crops: Mapping[str, FaceCrop]
    thumbnails: Mapping[str, Array]
    findings: list[GalleryFinding]


def make_gallery(
    root: Path,
    recogniser: Recogniser,
    *,
    fmr: float = DEFAULT_FMR,
    cache: bool = True,
    progress: Progress = NO_PROGRESS,
) -> Gallery:
    """Make a gallery of a folder with a folder of photos for each person.

    What speaks against a photo or a person is among the findings; `refuse_faulty` refuses what nothing can be
    measured on. Without embeddings (a service) the gallery holds the photos only.

    Args:
        root: the folder.
        recogniser: that embeds the photos.
        fmr: false-match rate whose threshold counts, 0.01 or 0.001.
        cache: whether to keep embeddings and findings (no pictures) in the user's cache, and to read them from there.
        progress: told each photo; a stop raises `StopRequested`.

    Raises:
        InputError: there is no such folder, or no person in it has a face.
    """
    listed = list_photos(root)
    key = gallery_key(root, listed, f"{recogniser.name} {recogniser.version}")
    found = load_gallery(key, root) if cache else None
    if found is None:
        found = _made(root, listed, recogniser, key, progress)
        if cache:
            save_gallery(found)
    found = replace(found, fmr=fmr)
    if not any(photo.enrolled for photo in found.photos):
        raise InputError(f"{root} has no photo with a face: nobody can be recognised by it")
    return found


def _made(
    root: Path, listed: Mapping[str, list[Path]], recogniser: Recogniser, key: str, progress: Progress
) -> Gallery:
    read = _read(root, listed, progress)
    people = tuple(sorted(listed))
    if not isinstance(recogniser, EmbeddingRecogniser):
        photos = mark_copies(read.photos, read.thumbnails, {})
        owner = np.asarray([people.index(photo.person) for photo in photos if photo.enrolled], np.int64)
        findings = (*read.findings, *check_people(people, photos, read.thumbnails))
        return Gallery(
            key,
            root,
            recogniser.name,
            people,
            tuple(photos),
            owner,
            np.zeros((len(owner), 0), np.float32),
            findings,
            None,
        )
    with_face = [photo for photo in read.photos if photo.enrolled]
    vectors = recogniser.embed_all([read.crops[photo.name] for photo in with_face], progress=progress)
    by_name = {photo.name: vector for photo, vector in zip(with_face, vectors, strict=True)}
    photos = mark_copies(read.photos, read.thumbnails, by_name)
    photos, doubtful = check_identities(photos, by_name, people)
    findings = (*read.findings, *doubtful, *check_people(people, photos, read.thumbnails))
    enrolled = [photo for photo in photos if photo.enrolled]
    owner = np.asarray([people.index(photo.person) for photo in enrolled], np.int64)
    embeddings = np.stack([by_name[photo.name] for photo in enrolled]) if enrolled else np.zeros((0, 1), np.float32)
    alike = alike_groups(enrolled)
    calibration = calibrate(gallery_scores(embeddings, owner, alike), reference_of(recogniser.name))
    return Gallery(key, root, recogniser.name, people, tuple(photos), owner, embeddings, findings, calibration)


def _read(root: Path, listed: Mapping[str, list[Path]], progress: Progress) -> ReadPhotos:
    pairs = [(person, path) for person, paths in listed.items() for path in paths]
    photos, crops, small, findings = [], {}, {}, []
    for person, path in progress.each(pairs, "Reading the gallery, photos"):
        photo, crop, found = read_photo(root, person, path)
        photos.append(photo)
        findings += found
        if crop is not None:
            crops[photo.name], small[photo.name] = crop, thumbnail(crop)
    return ReadPhotos(photos, crops, small, findings)


def alike_groups(photos: list[GalleryPhoto]) -> Array:
    """Number photos (N,) so that those that hardly differ have the same number."""
    names = {photo.name: k for k, photo in enumerate(photos)}
    return np.asarray([names.get(photo.duplicate_of or "", k) for k, photo in enumerate(photos)], np.int64)


def refuse_faulty(gallery: Gallery, *, measured: bool = False) -> None:
    """Refuse a gallery that nobody can be recognised by.

    It has an empty folder, a photo under two names, or too few people or photos.

    `measured`: whether something is measured on it, which wants two people, and a second photo of somebody: a person's
    own photo is recognised by the others.
    """
    for kind in ("empty folder", "two names"):
        for finding in gallery.findings:
            if finding.kind == kind:
                raise InputError(finding.sentence)
    if not measured:
        return
    counts = {person: len({p.duplicate_of or p.name for p in gallery.photos_of(person)}) for person in gallery.people}
    if sum(count > 0 for count in counts.values()) < 2:
        raise InputError("measuring wants a gallery of at least two people with a face; this one has fewer")
    if max(counts.values()) < 2:
        raise InputError(
            "measuring wants two different photos a person at least, so that a real photo can be recognised by the "
            "others; everybody in this gallery has one only"
        )


def gallery_id(gallery: Gallery) -> str:
    """Hash what a result on a gallery depends on."""
    return content_id(gallery.id, f"{gallery.fmr:g}")
