"""Gather the faces of the page with all that was asked of them."""

from __future__ import annotations

from dataclasses import dataclass

from core import pipeline
from core.types import Array, AttackResult, Attribution, JudgedFace, Verdict
from core.types.attack_answer import AskedOfFace
from core.types.classifier_metrics import SignatureAnswer
from pages.parts.session.attack_answers import AskedAttack, attack_answer, attack_detector_map
from pages.parts.session.session import Session
from pages.parts.session.signature_answers import signature_answer


@dataclass(frozen=True, slots=True, eq=False)
class AskedFace:
    """Hold a face, and what is known of whether it was attacked.

    title: of its picture; alt: in words; crop: (H, W, 3) uint8; verdict: of the deepfake detector; asked: the answer,
    and what the attack detector says; attribution: the map that the latter reads; signature: what that is like.
    """

    title: str
    alt: str
    crop: Array
    verdict: Verdict
    asked: AskedAttack | None
    attribution: Attribution | None
    signature: SignatureAnswer | None = None

    @property
    def record(self) -> AskedOfFace:
        """Return all that was asked of it."""
        if self.asked is None:
            return AskedOfFace(None, None, None, self.attribution, self.signature)
        return AskedOfFace(*self.asked, self.attribution, self.signature)


def asked_faces(session: Session, judged: JudgedFace, result: AttackResult | None) -> dict[str, AskedFace]:
    """Return the face as it came, "clean", and the one attacked here, "attacked"."""
    assert judged.verdict
    found = {"clean": _asked(session, "As it came", "The face as it came", judged.face.crop, judged.verdict)}
    if result:
        alt = "Attacked here: the saved PNG, re-opened"
        found["attacked"] = _asked(session, "Attacked here", alt, pipeline.attacked_crop(result), result.after)
    return found


def _asked(session: Session, title: str, alt: str, crop: Array, verdict: Verdict) -> AskedFace:
    return AskedFace(
        title,
        alt,
        crop,
        verdict,
        attack_answer(session, crop),
        attack_detector_map(session, crop),
        signature_answer(session, crop),
    )
