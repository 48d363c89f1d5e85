"""Place faces among reference signatures in the background, and keep their places."""

from __future__ import annotations

from collections.abc import Sequence

from core.engine.jobs import Job
from core.engine.placed_face import file_face, place_face
from core.engine.results import ResultKey
from core.signatures import DEFAULT_SET, ReferenceSet
from core.types import Array, Face, Placement
from core.types.model_card import ReferenceSetCard
from core.types.own_set_values import NOWHERE, FileFace
from pages.parts.session.crop_ids import crop_id
from pages.parts.session.session import Session


def face_in_file(session: Session, face: Face) -> FileFace:
    """Name a face of the open file by that file and its track."""
    assert session.media
    return file_face(session.media, face, session.frames_searched)


def stored_place(
    session: Session, crop: Array, card: ReferenceSetCard, faces: Sequence[Array] = (), face: FileFace = NOWHERE
) -> Placement | None:
    """Return the stored placement of a crop in this card's set, or None.

    Args:
        session: whose result it is.
        crop: (H, W, 3) uint8.
        card: of the set.
        faces: all crops of the same face, if there are more.
        face: which face of which file it is.
    """
    return session.results.get(_key(_of(crop, card, faces, face), session.detector.version, str(card.sha256)))


def _of(crop: Array, card: ReferenceSetCard, faces: Sequence[Array], face: FileFace) -> str:
    """Name a crop.

    In a user's own set with all that is not compared with it: crops of its face, and of its file.
    """
    if card.name == DEFAULT_SET:
        return crop_id(crop)
    return " ".join([crop_id(crop), *sorted({*map(crop_id, faces)} - {crop_id(crop)}), repr(face)])


def find_places(
    session: Session, crops: Sequence[Array], references: ReferenceSet, faces: Sequence[Array], face: FileFace
) -> None:
    """Find the places of crops' signatures among the references, in the background.

    Args:
        session: whose results they are.
        crops: those whose places are missing.
        references: a set of them.
        faces: all crops of the same face: as it came, and attacked.
        face: which face of which file it is.
    """
    detector, crops, card = session.detector, list(crops), references.card

    def work(job: Job) -> None:
        for done, crop in enumerate(crops, 1):
            job.check_stop()
            place = place_face(detector, references, crop, faces, face)
            keep_place(session, _of(crop, card, faces, face), detector.version, place, references=str(card.sha256))
            job.tell(done)

    session.start("place", "Placing faces among the references, faces", work, total=len(crops))


def keep_place(session: Session, of: str, detector: str, place: Placement, *, references: str) -> None:
    """Keep a placement of a signature.

    Args:
        session: whose result it is.
        of: id of the crop.
        detector: its version.
        place: of the crop's signature.
        references: SHA-256 of the set that it lies in, which is of one kind.
    """
    session.results.put(_key(of, detector, references), place)


def _key(of: str, detector: str, references: str) -> ResultKey[Placement]:
    return ResultKey("signature", of, detector, references)
