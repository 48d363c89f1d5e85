"""Compute the story that a teacher shows: a forged face, judged, explained and attacked."""

from __future__ import annotations

from ..detectors import Detector
from ..faces.regions import region_masks, share_by_region
from ..pipeline import analyse, answer_attack, attacked_crop, explain_crop
from ..progress import NO_PROGRESS, Progress
from ..types import AttackResult, InputError, JudgedFace, Media
from ..types.attack_answer import AttackAnswer
from ..types.robustness_rows import RobustnessRow
from ..types.story_values import StoryFaces, StoryMap
from .robustness import measure_robustness
from .smallest_epsilon import attack_at_smallest_epsilon

MAP = "integrated-gradients"


def story_faces(real: Media, forged: Media, detector: Detector, *, progress: Progress = NO_PROGRESS) -> StoryFaces:
    """Judge the largest face of both files.

    Args:
        real: a picture of a real face.
        forged: a picture of a forged one.
        detector: the one that judges.
        progress: told each face.

    Raises `InputError` where a file has no face that is judged.
    """
    found = []
    for media, part in ((real, 0), (forged, 1)):
        judged = analyse(media, detector, frames=1, progress=progress.nested(part, 2, f"Judging {media.name}"))
        best = max((one for one in judged if one.verdict), key=lambda one: one.face.width, default=None)
        if best is None:
            reason = judged[0].reason if judged else "no face was found"
            raise InputError(f"{media.name} has no face that is judged: {reason}")
        found.append(best)
    return StoryFaces(*found)


def story_map(judged: JudgedFace, detector: Detector) -> StoryMap:
    """Explain a verdict by one map and its strongest region."""
    found = explain_crop(detector, judged.face.crop, MAP)
    shares = share_by_region(found.map, region_masks(judged.face), signed=found.signed)
    most = max(shares, key=lambda one: one.positive or 0.0)
    return StoryMap(found, most.region, most.positive or 0.0)


def story_attack(judged: JudgedFace, detector: Detector, *, progress: Progress = NO_PROGRESS) -> AttackResult:
    """Attack the forged face as little as turns its verdict."""
    return attack_at_smallest_epsilon(detector, judged.face.crop, progress=progress)


def story_robustness(
    judged: JudgedFace, result: AttackResult, detector: Detector, *, progress: Progress = NO_PROGRESS
) -> list[RobustnessRow]:
    """Judge the attacked face after each way in which pictures travel.

    Args:
        judged: the forged face.
        result: the attack on it.
        detector: the one that judges.
        progress: told each way; a stop keeps those so far.
    """
    return measure_robustness(detector, judged.face.crop, attacked_crop(result), progress=progress)


def story_answer(result: AttackResult, detector: Detector) -> AttackAnswer:
    """Ask whether the attack is noticed."""
    return answer_attack(detector, attacked_crop(result), result.after)
