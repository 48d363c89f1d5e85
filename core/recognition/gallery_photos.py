"""Read the photos of a gallery's folder and find the face in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from ..faces.detection import CROP_SCALE, find_faces
from ..faces.rejection import MIN_WIDTH
from ..media.datasets import IMAGES, without_name
from ..media.images import crop_square, square_about
from ..media.open import open_media
from ..storage.files import sha256_of
from ..types import Array, Face, InputError
from ..types.recognition import FaceCrop, GalleryFinding, GalleryPhoto

PHOTO = "photo"  # the folder below a person's that holds the photos where there is one
SECOND_FACE = 0.35  # share of the largest face's area from which another face counts
MAX_PHOTOS = 10_000  # all are compared with all
WANTED = "a gallery is a folder with a folder of photos for each person"


def list_photos(root: Path) -> dict[str, list[Path]]:
    """Map each person to the photos in the folder or in its `photo/`.

    Raises `InputError` where the folder is none, or holds no folder.
    """
    try:
        there = root.is_dir()
    except OSError:  # as a name that is too long
        there = False
    if not there:
        raise InputError(f"{root} is not a folder; {WANTED}")
    folders = sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    if not folders:
        raise InputError(f"{root} has no folders; {WANTED}")
    found = {}
    for folder in folders:
        inner = folder / PHOTO
        found[folder.name] = images_in(inner if inner.is_dir() else folder)
    if (photos := sum(map(len, found.values()))) > MAX_PHOTOS:
        raise InputError(f"{root} has {photos:,} photos; a gallery of at most {MAX_PHOTOS:,} is read")
    return found


def images_in(folder: Path) -> list[Path]:
    """List the images of a folder itself, by suffix, sorted by name."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in IMAGES and not path.name.startswith(".") and path.is_file()
    )


def read_photo(root: Path, person: str, path: Path) -> tuple[GalleryPhoto, FaceCrop | None, list[GalleryFinding]]:
    """Find the face of a photo; what speaks against it is listed, never dropped."""
    name = path.relative_to(root).as_posix()
    try:
        photo = GalleryPhoto(person, path, name, sha256_of(path))
        media = open_media(path)
        frame = media.frame(0)
    except (InputError, OSError) as error:
        why = without_name(error, path) if isinstance(error, InputError) else "it cannot be read"
        empty = GalleryPhoto(person, path, name, "", reason=f"unreadable: {why}")
        return empty, None, [GalleryFinding("unreadable", person, name, f"{name} is not enrolled: {why}")]
    faces = find_faces(frame)
    if not faces:
        sentence = f"{name} is not enrolled: no face was found in it"
        return replace(photo, reason="no face"), None, [GalleryFinding("no face", person, name, sentence)]
    face = faces[0]
    photo = replace(photo, box=face.box, landmarks=face.landmarks, precropped=face.is_precropped)
    found = []
    areas = [_area(face) for face in faces]
    others = sum(area >= SECOND_FACE * areas[0] for area in areas[1:])
    if others:
        sentence = f"{name} shows {others + 1} faces: the largest is taken for {person}"
        found.append(GalleryFinding("several faces", person, name, sentence))
    if face.width < MIN_WIDTH:
        sentence = f"{name} is not enrolled: its face is {face.width} pixels wide, {MIN_WIDTH} are needed"
        found.append(GalleryFinding("small face", person, name, sentence))
        photo = replace(photo, reason="small face")
    return photo, crop_of(frame, photo), found


def _area(face: Face) -> float:
    return (face.box[2] - face.box[0]) * (face.box[3] - face.box[1])


def photo_crop(photo: GalleryPhoto) -> FaceCrop:
    """Read a photo again and crop its face.

    A photo without a face, or one that has changed, is refused.
    """
    if photo.box is None:
        raise InputError(f"{photo.name} has no face that counts")
    if not photo.path.is_file() or sha256_of(photo.path) != photo.id:
        raise InputError(f"{photo.name} is not there any more, or it has changed since the gallery was made")
    return crop_of(open_media(photo.path).frame(0), photo)


def crop_of(frame: Array, photo: GalleryPhoto) -> FaceCrop:
    """Crop a photo's face from its pixels (H, W, 3) uint8."""
    if photo.box is None or photo.landmarks is None:
        raise InputError(f"{photo.name} has no face that counts")
    if photo.precropped:
        return FaceCrop(frame, photo.landmarks.astype(np.float32))
    left, top, _ = square_about(photo.box, scale=CROP_SCALE)
    moved = (photo.landmarks - np.asarray((left, top))).astype(np.float32)
    return FaceCrop(crop_square(frame, photo.box, scale=CROP_SCALE), moved)


def thumbnail(crop: FaceCrop) -> Array:
    """Reduce a face to (32, 32) float32 grey of mean 0 and deviation 1."""
    grey = cv2.cvtColor(cv2.resize(crop.image, (32, 32), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    values: Array = grey.astype(np.float32)
    return (values - values.mean()) / max(float(values.std()), 1.0)


def names_of(photos: Sequence[GalleryPhoto]) -> str:
    """Name some photos in a sentence."""
    shown = ", ".join(photo.name for photo in photos[:4])
    return shown + (f" and {len(photos) - 4} more" if len(photos) > 4 else "")
