"""Ask faces' signatures whether the faces were attacked, and keep the answers."""

from __future__ import annotations

from core import pipeline
from core.detectors import Detector
from core.engine.answered_signature import answer_signature
from core.engine.results import ResultKey
from core.signatures.reference import misfit, reference_card
from core.types import Array, InputError
from core.types.classifier_metrics import SignatureAnswer
from pages.parts.session.crop_ids import crop_id
from pages.parts.session.session import Session


def not_comparable(session: Session) -> str | None:
    """Say why the detector's signatures cannot be compared; None where they can.

    The card tells: the set itself is loaded once a signature is asked.
    """
    try:
        why = misfit(reference_card(), session.detector)
    except InputError as error:
        return str(error)
    return f"not asked: {why}." if why else None


def signature_answer(session: Session, crop: Array) -> SignatureAnswer | None:
    """Return the stored answer of a crop's signature, or None."""
    return session.results.get(_key(crop, session.detector))


def ask_signature_in_job(session: Session, crop: Array, detector: Detector) -> None:
    """Ask a crop's signature inside of a job, if its detector has references."""
    references = pipeline.load_reference_set()
    if misfit(references.card, detector) is None:
        session.results.get_or_make(_key(crop, detector), lambda: answer_signature(detector, references, crop))


def _key(crop: Array, detector: Detector) -> ResultKey[SignatureAnswer]:
    return ResultKey("signature answer", crop_id(crop), detector.version)
