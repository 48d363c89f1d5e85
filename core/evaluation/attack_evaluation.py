"""Measure an attack on the forgeries of a folder."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

from .. import pipeline
from ..detectors import Detector
from ..media.datasets import kinds_in
from ..types import InputError, Settings
from .labelled_faces import called_fake, in_turn


def evaluate_attack(
    detector: Detector, data: Path, name: str, settings: Settings, *, limit: int = 100, seed: int = 0
) -> dict[str, Any]:
    """How often an attack turns faces that were called fake into "real", judged from the saved file.

    Walks the forgeries of a folder laid out as `open_dataset` says (all but real/), taking each kind in turn,
    until `limit` faces that the detector calls fake were attacked.
    """
    kinds = [paths for kind, paths in kinds_in(data).items() if kind != "real"]
    attacked = turned = 0
    for crop in islice(called_fake(detector, in_turn(kinds)), limit):
        result = pipeline.attack(detector, crop, name, settings, seed=seed + attacked)
        attacked, turned = attacked + 1, turned + result.success
    if not attacked:
        raise InputError(f"{data}: the detector {detector.name} calls none of the forgeries fake")
    return {
        "detector": detector.name,
        "attack": name,
        "settings": dict(settings),
        "attacked": attacked,
        "called_real": turned,
    }
