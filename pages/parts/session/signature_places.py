"""Place faces among reference signatures in the background, and keep their places."""

from __future__ import annotations

from collections.abc import Sequence

from core.engine.jobs import Job
from core.engine.placed_face import place_face
from core.engine.results import ResultKey
from core.signatures import ReferenceSet
from core.types import Array, Placement
from core.types.model_card import ReferenceSetCard
from pages.parts.session.crop_ids import crop_id
from pages.parts.session.session import Session


def stored_place(session: Session, crop: Array, card: ReferenceSetCard) -> Placement | None:
    """Return the stored placement of a crop in this card's set, or None."""
    return session.results.get(_key(crop_id(crop), session.detector.version, str(card.sha256)))


def find_places(session: Session, crops: Sequence[Array], references: ReferenceSet, face: Array) -> None:
    """Find the places of crops' signatures among the references, in the background.

    Args:
        session: whose results they are.
        crops: of one face, as it came and attacked.
        references: a set of them.
        face: its crop as it came.
    """
    detector, crops, card = session.detector, list(crops), references.card

    def work(job: Job) -> None:
        for done, crop in enumerate(crops, 1):
            job.check_stop()
            place = place_face(detector, references, crop, face)
            keep_place(session, crop_id(crop), detector.version, place, references=str(card.sha256))
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
