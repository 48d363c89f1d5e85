"""Record attacks on faces, their robustness, and signs of masked gradients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..types import AttackResult, AttackVerdict, Face, Media
from ..types.attack_answer import AskedOfFace, AttackAnswer
from ..types.attack_metrics import FileSweep, Finding
from ..types.robustness_rows import RobustnessRow
from .records import (
    Record,
    attack_answer_record,
    attack_record,
    attack_verdict_record,
    detector_trajectory_record,
    face_record,
    map_record,
    media_record,
    number,
    robustness_record,
)
from .signature_answer_words import signature_answer_record
from .value_records import value_record


def face_attack_record(
    media: Media,
    face: Face,
    result: AttackResult,
    *,
    stop_at: float | None,
    verdict: AttackVerdict | None,
    answer: AttackAnswer | None,
) -> Record:
    """Record an attack on one face, step by step, and whether it was noticed.

    Args:
        media: the file of the face.
        face: the clean one.
        result: of the attack.
        stop_at: score at which it was to stop; None for never.
        verdict: of the attack detector on the attacked face; None where it was not asked.
        answer: to "was it attacked?"; None where it was not asked.
    """
    return {
        "media": media_record(media),
        "face": face_record(face),
        "attack": attack_record(result) | {"stop_at": stop_at},
        "attack_verdict_after": attack_verdict_record(verdict),
        "attack_answer_after": attack_answer_record(answer) if answer else None,
        "course": trajectory_record(result),
        "attacked_course": detector_trajectory_record(result),
    }


def attack_settings_record(result: AttackResult, *, stop_at: float | None) -> Record:
    """Record what an attack can be repeated with.

    `stop_at`: the score at which it was to stop.
    """
    return {
        "attack": result.attack,
        "settings": dict(result.settings),
        "seed": result.seed,
        "stop_at": stop_at,
    }


def face_settings_record(detector: str, frames: int, attack: AttackResult | None, *, stop_at: float | None) -> Record:
    """Record what a face, and the attack on it, can be made again with.

    Args:
        detector: its version.
        frames: of a video, in how many faces were looked for.
        attack: None without one, and where somebody stopped it.
        stop_at: the score at which it was to stop.
    """
    how = attack_settings_record(attack, stop_at=stop_at) if attack else None
    return {"detector": detector, "frames": frames, "attack": how}


def trajectory_record(result: AttackResult) -> list[float | None]:
    """Record the detector's score of "fake" by step."""
    return [number(value) for value in result.trajectory]


def trajectory_rows(result: AttackResult) -> list[Record]:
    """Make a row of each step: both detectors' scores."""
    scores = {row["step"]: row["p_attacked"] for row in detector_trajectory_record(result)}
    return [
        {
            "step": step,
            "p_fake": number(value),
            "p_attacked": scores.get(step),
        }
        for step, value in enumerate(result.trajectory, 1)
    ]


def file_sweep_record(media: Media, found: FileSweep) -> Record:
    """Record a sweep over the faces of a file."""
    faces = [{"frame": frame, "track": track} for frame, track in found.faces]
    return {"media": media_record(media), **value_record(found), "faces": faces}


def face_robustness_record(result: AttackResult, detector: str, rows: Sequence[RobustnessRow]) -> Record:
    """Record an attack with the verdicts after post-processing; `detector`: its version."""
    return {"attack": attack_record(result), "detector": detector, "ways": robustness_record(rows)}


def masking_record(findings: Sequence[Finding], *, faces: int, stopped: bool) -> Record:
    """Record the signs of a masked gradient that were looked for on `faces` faces."""
    return {"faces": faces, "stopped": stopped, "findings": finding_rows(findings)}


def finding_rows(findings: Sequence[Finding]) -> list[Record]:
    """Make a row of each sign of a masked gradient."""
    return [
        {"sign": one.sign, "found": one.warned, "can_show": one.possible, "sentence": one.sentence} for one in findings
    ]


def asked_attacks_record(asked: Mapping[str, AskedOfFace]) -> Record:
    """Record all that was asked of the clean and the attacked face."""
    return {name: _asked(one) for name, one in asked.items()}


def _asked(one: AskedOfFace) -> Record:
    found: Record = {
        "answer": attack_answer_record(one.answer) if one.answer else None,
        "verdict": attack_verdict_record(one.verdict),
        "why": one.reason,
        "map": map_record(one.attribution) if one.attribution else None,
    }
    if one.signature:  # older records have none
        found["signature"] = signature_answer_record(one.signature)
    return found
