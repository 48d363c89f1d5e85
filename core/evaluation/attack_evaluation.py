"""Measure an attack on the forgeries of a folder."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from .. import pipeline
from ..attack_detectors import AttackDetector
from ..detectors import Detector
from ..media.datasets import kinds_in
from ..progress import NO_PROGRESS, Progress
from ..types import InputError, Settings
from ..types.attack_metrics import AttackEvaluation
from .labelled_faces import interleave, predicted_fake


def evaluate_attack(
    detector: Detector,
    data: Path,
    name: str,
    settings: Settings,
    *,
    limit: int = 100,
    seed: int = 0,
    attack_detector: AttackDetector | None = None,
    progress: Progress = NO_PROGRESS,
) -> AttackEvaluation:
    """Count the forgeries predicted fake that an attack makes real in the saved file.

    Walks the forgeries of a folder laid out as `open_dataset` says (all but real/), kinds in turn, until `limit` faces
    predicted fake were attacked.

    Args:
        detector: the one that is attacked.
        data: the folder.
        name: of the attack.
        settings: of the attack.
        limit: number of faces at most.
        seed: of the first face; each further face adds one.
        attack_detector: for attacks that evade one; the default one if missing.
        progress: told each face; a stop raises `StopRequested`.
    """
    kinds = [paths for kind, paths in kinds_in(data).items() if kind != "real"]
    attacked = successful = 0
    steps = progress.counter(limit, "Faces attacked, at most")
    for crop in islice(predicted_fake(detector, interleave(kinds)), limit):
        result = pipeline.attack(detector, crop, name, settings, seed=seed + attacked, attack_detector=attack_detector)
        attacked, successful = attacked + 1, successful + result.success
        steps.step()
    if not attacked:
        raise InputError(f"{data}: the detector {detector.name} calls none of the forgeries fake")
    return AttackEvaluation(detector.name, name, dict(settings), attacked, successful)
