"""Keep attacks on faces by what they were made with."""

from __future__ import annotations

from core.engine.results import ResultKey
from core.types import AttackResult, Settings
from pages.parts.session.session import Session


def attack_key(
    face_id: str, detector: str, method: str, settings: Settings, seed: int, stop_at: float | None = None
) -> ResultKey[AttackResult]:
    """Name an attack on a face.

    Args:
        face_id: SHA-256 of the face.
        detector: the version of the attacked detector.
        method: the name of the attack.
        settings: all settings of the attack.
        seed: of what it samples.
        stop_at: the score of "real" at which it ends early, [0.5, 1]; None where it runs to its end.
    """
    given = dict(settings) if stop_at is None else {**settings, "stop_at": stop_at}
    key: ResultKey[AttackResult] = ResultKey("attack", face_id, detector, method)
    return key.with_settings(given, seed)


def keep_attack(
    session: Session, face_id: str, detector: str, result: AttackResult, stop_at: float | None = None
) -> None:
    """Keep an attack on a face, also as the last one on it.

    Args:
        session: keeps it.
        face_id: SHA-256 of the face.
        detector: the version of the attacked detector.
        result: the attack.
        stop_at: the score of "real" that it was to stop at, [0.5, 1]; None where it was to run to its end.
    """
    key = attack_key(face_id, detector, result.attack, result.settings, result.seed, stop_at)
    session.results.put(key, result, latest=True)


def latest_attack_key(session: Session) -> ResultKey[AttackResult] | None:
    """Return the key of the last attack on the face in focus."""
    if session.focused is None:
        return None
    return session.results.latest("attack", session.focused.face.id, session.detector.version)


def latest_attack(session: Session) -> AttackResult | None:
    """Return the last attack on the face in focus."""
    key = latest_attack_key(session)
    return session.results.get(key) if key else None


def attacks_on(session: Session, face_id: str) -> list[AttackResult]:
    """Return all attacks on a face that are kept, by method, settings and seed."""
    found: list[AttackResult] = session.results.of_image("attack", face_id, session.detector.version)
    return sorted(found, key=lambda result: (result.attack, repr(result.settings), result.seed))
