"""Read fakes of a gallery's people, or make them of its photos."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ..faces import forgeries
from ..faces.detection import find_faces
from ..faces.rejection import rejection_reason
from ..media.datasets import IMAGES, files_in, without_name
from ..media.open import open_media
from ..progress import NO_PROGRESS, Progress
from ..recognition.alignment import face_crop
from ..recognition.gallery_photos import PHOTO, photo_crop
from ..types import Array, InputError
from ..types.recognition import FaceCrop, Gallery, GalleryPhoto

MADE = "made"
GIVEN = "fake"  # kind of fakes that lie in a person's folder itself
MAX_SIDE = 320  # pixels: larger crops are shrunk before fakes are made of them
COLUMNS = ("fake", "target")
OPTIONAL = ("reference", "kind", "target_photo", "second_target")


@dataclass(frozen=True, slots=True, eq=False)
class FakeFace:
    """Hold a fake before anybody is asked about it.

    name: of the file, or what it was made of.
    kind: how it was made.
    targets: whom it shows; two people for a blend.
    photos: for each target the name of the real photo to compare with; None for the person's most typical one.
    reference: whose head or movement it has, where known.
    crop: its face; None where it has none, and `reason` says why.
    made_of: names of the gallery's photos that it was made of: they are left out while it is recognised.
    """

    name: str
    kind: str
    targets: tuple[str, ...]
    photos: tuple[str | None, ...]
    reference: str | None
    crop: FaceCrop | None
    reason: str | None = None
    made_of: tuple[str, ...] = ()


def read_fakes(folder: Path, gallery: Gallery, *, progress: Progress = NO_PROGRESS) -> list[FakeFace]:
    """Read a folder of fakes for each target person, or a table of pairs.

    In a person's folder, pictures are of the kind "fake", and those in a folder below are of its kind; `photo/` holds
    real photos and is passed over. Files of a person who is not in the gallery are listed with the reason.
    """
    if folder.suffix.lower() == ".csv" and folder.is_file():
        return read_pairs(folder, gallery, progress=progress)
    try:
        there = folder.is_dir()
    except OSError:
        there = False
    wanted = "--fakes is a folder with a folder for each target person, a table of pairs (CSV), or made"
    if not there:
        raise InputError(f"{folder} is not a folder; {wanted}")
    people = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    found = [(person.name, path, _kind_of(person, path)) for person in people for path in _images(person)]
    if not found:
        raise InputError(f"{folder} has no fakes in folders of people; {wanted}")
    if not any(person in gallery.people for person, _, _ in found):
        shown = ", ".join(sorted({person for person, _, _ in found})[:8])
        raise InputError(f"{folder} has fakes of {shown}, and nobody of them is in the gallery")
    followed = progress.each(found, "Reading the fakes, pictures")
    return [_read(path, folder, kind, (person,), (None,), None, gallery) for person, path, kind in followed]


def _images(person: Path) -> list[Path]:
    inside = [path for path in files_in(person) if path.suffix.lower() in IMAGES]
    return [path for path in inside if path.relative_to(person).parts[0] != PHOTO]


def _kind_of(person: Path, path: Path) -> str:
    parts = path.relative_to(person).parts
    return parts[0] if len(parts) > 1 else GIVEN


def _read(
    path: Path,
    root: Path,
    kind: str,
    targets: tuple[str, ...],
    photos: tuple[str | None, ...],
    reference: str | None,
    gallery: Gallery,
) -> FakeFace:
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
    crop, reason = None, next((f"{one} is not in the gallery" for one in targets if one not in gallery.people), None)
    if reason is None:
        crop, reason = _face_in(path)
    return FakeFace(name, kind, targets, photos, reference, crop, reason)


def _face_in(path: Path) -> tuple[FaceCrop | None, str | None]:
    try:
        faces = find_faces(open_media(path).frame(0))
    except InputError as error:
        return None, without_name(error, path)
    if not faces:
        return None, "no face was found"
    reason = rejection_reason(faces[0])
    return (None, reason) if reason else (face_crop(faces[0]), None)


def read_pairs(table: Path, gallery: Gallery, *, progress: Progress = NO_PROGRESS) -> list[FakeFace]:
    """Read a table (CSV, UTF-8) of fakes with their targets.

    Columns: fake (a path from the table's folder) and target; if there: reference, kind, target_photo (a photo's name
    in the gallery), second_target (of a blend).
    """
    try:
        rows = list(csv.DictReader(table.read_text("utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{table.name} cannot be read as a table (CSV, UTF-8)") from error
    names = set(rows[0]) if rows else set()
    if not rows or not set(COLUMNS) <= names:
        came = ", ".join(sorted(str(name) for name in names)) or "nothing"
        raise InputError(f"{table.name} needs the columns fake and target (also {', '.join(OPTIONAL)}); it has {came}")
    known = {photo.name: photo for photo in gallery.photos}
    found = []
    for number, row in enumerate(progress.each(rows, "Reading the fakes, pictures"), 2):
        photo = row.get("target_photo") or None
        if not row["fake"] or not row["target"]:
            raise InputError(f"line {number} of {table.name} has no fake or no target")
        if photo and (photo not in known or known[photo].person != row["target"] or not known[photo].enrolled):
            raise InputError(f"line {number} of {table.name}: {photo} is no enrolled photo of {row['target']}")
        second = row.get("second_target") or None
        targets = (row["target"], second) if second else (row["target"],)
        photos = (photo, None) if second else (photo,)
        path, kind, reference = table.parent / row["fake"], row.get("kind") or GIVEN, row.get("reference") or None
        found.append(_read(path, table.parent, kind, targets, photos, reference, gallery))
    return found


def make_fakes(gallery: Gallery, *, each: int = 4, seed: int = 0, progress: Progress = NO_PROGRESS) -> list[FakeFace]:
    """Make swaps and blends of two identities between people of the gallery.

    A swap puts the target's face on another person's head, colour-matched; a blend averages two people's faces, as the
    paper's facial synthesis does. Their photos are left out of the gallery while the fake is recognised.

    Args:
        gallery: with at least two people.
        each: swaps and blends for each person.
        seed: of the random choice of pairs, masks and degradations.
        progress: told each fake.
    """
    sources = {person: _sources(gallery, person) for person in gallery.people}
    usable = [person for person, photos in sources.items() if photos]
    if len(usable) < 2:
        raise InputError("making fakes wants two people with a face in the gallery; there are fewer")
    rng = np.random.default_rng(seed)
    found: list[FakeFace] = []
    plan = [(person, kind) for person in usable for kind in ("swap", "blend") for _ in range(each)]
    for target, kind in progress.each(plan, "Making fakes, pictures"):
        others = [person for person in usable if person != target]
        other = others[int(rng.integers(len(others)))]
        photo, second = (one[int(rng.integers(len(one)))] for one in (sources[target], sources[other]))
        found.append(_made(kind, photo, second, rng, len(found)))
    return found


def _sources(gallery: Gallery, person: str) -> list[GalleryPhoto]:
    return [photo for photo in gallery.photos_of(person) if photo.duplicate_of is None]


def _made(kind: str, target: GalleryPhoto, other: GalleryPhoto, rng: np.random.Generator, number: int) -> FakeFace:
    a, b = _reduced(photo_crop(target)), _reduced(photo_crop(other))
    name = f"{kind} {number}: {target.name} and {other.name}"
    if kind == "swap":
        image, _ = forgeries.swap(b.image, b.landmarks, a.image, a.landmarks, rng)
        crop = FaceCrop(image, b.landmarks)
        return FakeFace(
            name, kind, (target.person,), (target.name,), other.person, crop, None, (target.name, other.name)
        )
    crop = blend_identities(a, b)
    people, photos = (target.person, other.person), (target.name, other.name)
    return FakeFace(name, kind, people, photos, None, crop, None, photos)


def _reduced(crop: FaceCrop) -> FaceCrop:
    side = max(crop.image.shape[:2])
    if side <= MAX_SIDE:
        return crop
    image = cv2.resize(crop.image, (MAX_SIDE, MAX_SIDE), interpolation=cv2.INTER_AREA)
    return FaceCrop(image, (crop.landmarks * (MAX_SIDE / side)).astype(np.float32))


def blend_identities(a: FaceCrop, b: FaceCrop) -> FaceCrop:
    """Average two faces at their mean landmarks, colour-matched, on the first one's head.

    Source: Tariq et al. 2022, section 4.2.4 (facial synthesis: two celebrities blended). Differs: by alignment and
    averaging, not by FaceApp.
    """
    shape = a.image.shape[:2]
    scaled = b.landmarks * (shape[1] / b.image.shape[1])
    mean: Array = ((a.landmarks + scaled) / 2).astype(np.float32)
    first, second = (forgeries.align(one.image, one.landmarks, mean, shape) for one in (a, b))
    ys, xs = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    eyes, mouth = mean[:2].mean(0), mean[3:].mean(0)
    unit = max(float(np.linalg.norm(mouth - eyes)), 4.0)
    centre = (eyes + mouth) / 2
    distance = np.hypot((xs - centre[0]) / (1.25 * unit), (ys - centre[1]) / (1.6 * unit))
    mask = np.clip((1 - distance) / 0.25, 0, 1).astype(np.float32)  # 1 in the face, 0 on hair and background
    second = forgeries.match_colour(second, first, mask)
    return FaceCrop(forgeries.blend(first, second, mask / 2), mean)


def unusable(fakes: Sequence[FakeFace]) -> list[FakeFace]:
    """Return the fakes that nobody can be asked about."""
    return [fake for fake in fakes if fake.crop is None]
