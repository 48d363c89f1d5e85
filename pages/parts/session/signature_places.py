"""Place faces among the reference signatures in the background, and keep their places."""

from __future__ import annotations

from collections.abc import Sequence

from core import pipeline
from core.detectors import Detector
from core.engine.jobs import Job
from core.engine.results import ResultKey
from core.types import Array, Placement
from pages.parts.session.crop_ids import crop_id
from pages.parts.session.session import Session


def stored_place(session: Session, crop: Array) -> Placement | None:
    """Return the stored placement of a crop's signature, or None."""
    return session.results.get(_place_key(crop, session.detector))


def find_places(session: Session, crops: Sequence[Array]) -> None:
    """Find the places of crops' signatures among the references, in the background."""
    detector, references, crops = session.detector, pipeline.load_reference_set(), list(crops)

    def work(job: Job) -> None:
        for done, crop in enumerate(crops, 1):
            job.check_stop()
            session.results.put(_place_key(crop, detector), pipeline.embed_signature(detector, references, crop)[1])
            job.tell(done)

    session.start("place", "Placing faces among the references, faces", work, total=len(crops))


def keep_place(session: Session, of: str, detector: str, place: Placement) -> None:
    """Keep a placement of a signature.

    Args:
        session: whose result it is.
        of: id of the crop.
        detector: its version.
        place: of the crop's signature.
    """
    session.results.put(_key(of, detector), place)


def _place_key(crop: Array, detector: Detector) -> ResultKey[Placement]:
    return _key(crop_id(crop), detector.version)


def _key(of: str, detector: str) -> ResultKey[Placement]:
    return ResultKey("signature", of, detector, "lrp-penultimate")
