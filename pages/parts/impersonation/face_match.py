"""Compare the face in focus with the gallery, and keep what was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.engine.jobs import Job
from core.engine.model_weights import weights_of_models
from core.engine.results import ResultKey
from core.recognition.alignment import face_crop
from core.recognition.gallery_photos import photo_crop
from core.recognition.load_recogniser import load_recogniser
from core.recognition.matching import without_file
from core.types import Array, Face
from core.types.recognition import FaceCrop, Gallery, Identification
from pages.parts.impersonation.impersonation_settings import ImpersonationSettings
from pages.parts.session.session import Session

SHOWN = 3  # nearest people whose photos are shown


@dataclass(frozen=True, slots=True, eq=False)
class FaceMatch:
    """Hold whom a face is near to.

    crop: the face; found: the nearest people; photos: name and crop (H, W, 3) uint8 of their nearest photos;
    left_out: names of the gallery's photos that are this very file; weights: SHA-256 of those used, by model.
    """

    crop: FaceCrop
    found: Identification
    photos: tuple[tuple[str, Array], ...]
    left_out: tuple[str, ...] = ()
    weights: Mapping[str, str] = field(default_factory=dict)


def match_key(face: Face, gallery: Gallery) -> ResultKey[FaceMatch]:
    """Name the comparison of a face with a gallery. The threshold has no part in it."""
    return ResultKey("face match", face.id, gallery.id, gallery.recogniser)


def kept_match(session: Session, gallery: Gallery | None) -> FaceMatch | None:
    """Return the kept comparison of the face in focus; None where there is none."""
    if gallery is None or session.focused is None:
        return None
    return session.results.get(match_key(session.focused.face, gallery))


def recogniser_of(session: Session, gallery: Gallery) -> str:
    """Return the name, or the path, by which the gallery's recogniser is loaded."""
    return session.page_state(ImpersonationSettings).built_by or gallery.recogniser


def start_match(session: Session, face: Face, gallery: Gallery) -> None:
    """Compare a face with a gallery in the background."""
    key, name = match_key(face, gallery), recogniser_of(session, gallery)
    others, same = without_file(gallery, session.media.id) if session.media else (gallery, ())

    def work(job: Job) -> None:
        crop = face_crop(face)
        recogniser = load_recogniser(name)
        found = recogniser.identify(crop, others)
        job.check_stop()
        by_name = {photo.name: photo for photo in gallery.enrolled}
        near = [(one.name, by_name[one.photo]) for one in found.nearest[:SHOWN] if one.photo in by_name]
        photos = tuple((name, photo_crop(one).image) for name, one in near)
        session.results.put(key, FaceMatch(crop, found, photos, same, weights_of_models(recogniser)))

    session.start("face match", "Comparing the face with the gallery", work)
