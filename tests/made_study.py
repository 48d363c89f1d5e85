"""Pinhasov's study made small: detectors, a backbone and attacks that cost little."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from made_attacked import made_detector, read_made, tiny_backbone

from core.studies import (
    adaptive_tables,
    attack_examples,
    detect_backbones,
    detect_study,
    detect_tables,
    detect_training,
)
from core.studies.attack_examples import TriedAttack
from core.studies.detect_backbones import PretrainedBackbone
from core.studies.study_run import run_study
from core.types import Settings
from core.types.study_tables import StudyTable

NAME = "pinhasov2024"
SMALL: dict[str, Any] = {
    "detectors": "one,three",
    "train": 4,
    "test": 2,
    "steps": 12,
    "passes": 4,
    "maps": "input-x-gradient,saliency",
}
WHOLE: dict[str, Any] = {**SMALL, "backbone": "efficientnet-lite0", "frames": 4, "adaptive_map": "saliency"}
SHORT: dict[str, Settings] = {
    "pgd": {"steps": 8, "alpha": 4 / 255},
    "fgsm": {},
    "apgd": {"steps": 8, "restarts": 1},
    "square": {"queries": 40},
    "nes": {"steps": 4, "restarts": 1, "samples": 4},
}


def make_small(patch: pytest.MonkeyPatch) -> None:
    """Put in made detectors, a tiny backbone, attacks of few steps; each picture is a face."""
    attacks = tuple(TriedAttack(name, name, given) for name, given in SHORT.items())
    for module in (detect_study, detect_tables, adaptive_tables):
        patch.setattr(module, "paper_attacks", lambda: attacks)
    patch.setattr(detect_study, "load_detector", made_detector)
    patch.setattr(attack_examples, "crops_of_medium", read_made)
    patch.setattr(detect_training, "KEEP", 4)
    patch.setitem(detect_backbones.BACKBONES, "efficientnet-lite0", PretrainedBackbone(tiny_backbone, 24, 1e-3))
    whole = adaptive_tables._settings
    patch.setattr(adaptive_tables, "_settings", lambda *given: {**whole(*given), "steps": 3})


def measured(part: str, data: Path, cache: Path, **given: Any) -> StudyTable:
    """Measure a part of the small study."""
    run = {key: given.pop(key) for key in ("minutes", "progress", "seed") if key in given}
    return run_study(NAME, part, data=data, cache=cache, settings={**SMALL, **given}, **run)
