"""Ask the attack detector about faces in the background, and keep its answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from core import pipeline
from core.attack_detectors import AttackDetector
from core.detectors import Detector
from core.engine.jobs import Job
from core.engine.results import ResultKey
from core.explain import EXPLAINERS
from core.types import Array, AttackVerdict, Attribution, Verdict, content_id
from pages.parts.session.map_results import map_key
from pages.parts.session.session import Session


class AttackAnswer(NamedTuple):
    """Hold whether a face was attacked, and why.

    `verdict` is None where the attack detector does not apply.
    """

    verdict: AttackVerdict | None
    reason: str


NOT_ASKED = AttackAnswer(None, "Not asked yet.")


def attack_detector() -> AttackDetector:
    """Return the attack detector, shared by all sessions."""
    return pipeline.load_attack_detector()


def attack_answer(session: Session, crop: Array, verdict: Verdict) -> AttackAnswer | None:
    """Return the attack detector's stored answer on a crop, or None."""
    if reason := pipeline.not_asked_reason(session.detector, attack_detector(), verdict):
        return AttackAnswer(None, reason)
    return session.results.get(_answer_key(crop, session.detector))


def attack_detector_map(session: Session, crop: Array) -> Attribution | None:
    """Return the stored map of a crop that the attack detector reads, or None."""
    return session.results.get(_map_key(crop, session.detector))


def ask(session: Session, faces: Sequence[tuple[Array, Verdict]], *, maps: bool = False) -> None:
    """Ask the attack detector about crops with their verdicts, in the background.

    With `maps` the map that it reads is made of every crop, also of those that it does not apply to.
    """
    detector, faces = session.detector, list(faces)

    def work(job: Job) -> None:
        for done, (crop, verdict) in enumerate(faces, 1):
            job.check_stop()
            if maps:
                _make_map(session, crop, detector)
            ask_in_job(session, crop, verdict, detector)
            job.tell(done)

    session.start("ask", "Asking the attack detector, faces", work, total=len(faces))


def ask_in_job(session: Session, crop: Array, verdict: Verdict, detector: Detector) -> None:
    """Run the attack detector on a crop inside of a job.

    Args:
        session: keeps the answer.
        crop: (H, W, 3) uint8.
        verdict: of the detector on the crop; where it is "fake", the attack detector does not apply.
        detector: whose map is read.
    """
    asked = attack_detector()
    if pipeline.not_asked_reason(detector, asked, verdict) is None:
        session.results.get_or_make(
            _answer_key(crop, detector),
            lambda: AttackAnswer(asked.verdict(crop, _make_map(session, crop, detector)), asked.scope),
        )


def _make_map(session: Session, crop: Array, detector: Detector) -> Attribution:
    return session.results.get_or_make(
        _map_key(crop, detector), lambda: pipeline.attack_detector_map(detector, attack_detector(), crop)
    )


def _map_key(crop: Array, detector: Detector) -> ResultKey[Attribution]:
    card = attack_detector().card
    method = card.map
    return map_key(content_id(crop), detector.version, method, EXPLAINERS[method].settings(), card.target, 0)


def _answer_key(crop: Array, detector: Detector) -> ResultKey[AttackAnswer]:
    return ResultKey("attack answer", content_id(crop), detector.version, attack_detector().name)
