"""Ask in the background whether faces were attacked, and keep the answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from core import pipeline
from core.attack_detectors import AttackDetector
from core.detectors import Detector
from core.engine.jobs import Job
from core.engine.results import ResultKey
from core.explain import EXPLAINERS
from core.output.attack_answer_sentences import queue_reason
from core.reports.answer_reach import answer_reach
from core.storage.measured_files import read_measurements
from core.types import Array, AttackVerdict, Attribution, InputError, JudgedFace, Verdict
from core.types.answer_scope import AnswerReach
from core.types.attack_answer import AttackAnswer
from pages.parts.session.crop_ids import crop_id
from pages.parts.session.map_results import map_key
from pages.parts.session.session import Session
from pages.parts.session.signature_answers import ask_signature_in_job, not_comparable


class AskedAttack(NamedTuple):
    """Hold the answer to "was it attacked?", and what the paper's attack detector says.

    `verdict` is None where the paper's attack detector does not apply, and `reason` says why.
    """

    answer: AttackAnswer
    verdict: AttackVerdict | None
    reason: str


def attack_detector() -> AttackDetector:
    """Return the attack detector, shared by all sessions."""
    return pipeline.load_attack_detector()


def reach_of(session: Session) -> AnswerReach | None:
    """Return how far attacks on the detector in use are found, if measured."""
    signs = pipeline.load_attack_signs()
    try:
        measured = read_measurements(signs.card.name)
    except InputError:  # the page "Was it attacked?" says it
        return None
    return answer_reach(measured, session.detector.name, scope=signs.card.scope)


def attack_answer(session: Session, crop: Array) -> AskedAttack | None:
    """Return the stored answer on a crop, or None.

    That of the queue speaks as long as nothing more was asked here.
    """
    detector = session.detector
    key = _answer_key(crop, detector)
    return session.results.get(key) or session.results.get(_queue_key(key.of, detector.version))


def keep_answer(session: Session, judged: JudgedFace, answer: AttackAnswer) -> None:
    """Keep the queue's answer on a face of the open file.

    It is not asked again; the paper's attack detector, which the queue does not ask, can still be.
    """
    detector, crop = session.detector, judged.face.crop
    if judged.verdict is None or session.judged_by != detector.version:
        return
    reason = pipeline.not_asked_reason(detector, attack_detector(), judged.verdict)
    asked = AskedAttack(answer, None, reason or queue_reason(attack_detector().name))
    session.results.put(_queue_key(crop_id(crop), detector.version), asked)


def attack_detector_map(session: Session, crop: Array) -> Attribution | None:
    """Return the stored map of a crop that the attack detector reads, or None."""
    return session.results.get(_map_key(crop, session.detector))


def ask(session: Session, faces: Sequence[tuple[Array, Verdict]], *, maps: bool = False) -> None:
    """Ask whether crops with their verdicts were attacked, in the background.

    With `maps` the map that the paper's attack detector reads is made of every crop, and its signature is asked.
    """
    detector, faces = session.detector, list(faces)
    compared = [crop for crop, _ in faces] if maps and not_comparable(session) is None else []

    def work(job: Job) -> None:
        for done, (crop, verdict) in enumerate(faces, 1):
            job.check_stop()
            if maps:
                _make_map(session, crop, detector)
            ask_in_job(session, crop, verdict, detector)
            job.tell(done)
        for done, crop in enumerate(compared):
            job.check_stop()
            job.tell(done, len(compared), "Comparing signatures with those of attacked faces, faces")
            ask_signature_in_job(session, crop, detector)

    session.start("ask", "Looking for signs of an attack, faces", work, total=len(faces))


def ask_in_job(session: Session, crop: Array, verdict: Verdict, detector: Detector) -> None:
    """Answer for a crop inside of a job.

    Args:
        session: keeps the answer.
        crop: (H, W, 3) uint8.
        verdict: of the detector on the crop; where it is "fake", the paper's attack detector does not apply.
        detector: whose gradient and map are read.
    """

    def make() -> AskedAttack:
        asked = attack_detector()
        kept = session.results.get(_queue_key(crop_id(crop), detector.version))
        found = kept.answer if kept else pipeline.answer_attack(detector, crop, verdict)
        if reason := pipeline.not_asked_reason(detector, asked, verdict):
            return AskedAttack(found, None, reason)
        return AskedAttack(found, asked.verdict(crop, _make_map(session, crop, detector)), asked.scope)

    session.results.get_or_make(_answer_key(crop, detector), make)


def _make_map(session: Session, crop: Array, detector: Detector) -> Attribution:
    return session.results.get_or_make(
        _map_key(crop, detector), lambda: pipeline.attack_detector_map(detector, attack_detector(), crop)
    )


def _map_key(crop: Array, detector: Detector) -> ResultKey[Attribution]:
    card = attack_detector().card
    method = card.map
    return map_key(crop_id(crop), detector.version, method, EXPLAINERS[method].settings(), card.target, 0)


def _queue_key(of: str, detector: str) -> ResultKey[AskedAttack]:
    return ResultKey("attack answer", of, detector, "queue")


def _answer_key(crop: Array, detector: Detector) -> ResultKey[AskedAttack]:
    return ResultKey("attack answer", crop_id(crop), detector.version, attack_detector().name)
