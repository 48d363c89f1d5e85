"""Record what the story of a forged face has shown so far."""

from __future__ import annotations

from collections.abc import Sequence

from ..types import AttackResult, JudgedFace
from ..types.attack_answer import AttackAnswer
from ..types.robustness_rows import RobustnessRow
from ..types.story_values import StoryFaces, StoryMap
from .records import (
    Record,
    attack_answer_record,
    attack_record,
    face_record,
    map_record,
    robustness_record,
    verdict_record,
)


def story_results(
    faces: StoryFaces,
    *,
    why: StoryMap | None,
    attack: AttackResult | None,
    ways: Sequence[RobustnessRow] | None,
    answer: AttackAnswer | None,
) -> Record:
    """Record both faces, and each later step that was reached.

    Args:
        faces: the real and the forged one.
        why: the map of the forged one.
        attack: on it.
        ways: its verdicts after post-processing.
        answer: to "was it attacked?".
    """
    results: Record = {"real": _face(faces.real), "forged": _face(faces.forged)}
    if why:
        where = {"region": why.region, "share": why.share}
        results["map"] = {"method": why.attribution.method, **map_record(why.attribution), **where}
    if attack:
        results["attack"] = attack_record(attack)
    if ways is not None:
        results["ways"] = robustness_record(ways)
    if answer:
        results["attack_answer"] = attack_answer_record(answer)
    return results


def _face(judged: JudgedFace) -> Record:
    return {"face": face_record(judged.face), "verdict": verdict_record(judged.verdict)}
