"""Measure an attack detector on the forgeries of a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from .. import pipeline
from ..attack_detectors import AttackDetector
from ..attacks import ATTACKS
from ..detectors import Detector
from ..media.datasets import media_in, subsample
from ..metrics.roc import auc
from ..progress import NO_PROGRESS, Progress
from ..types import Array, Attribution, InputError, Settings
from ..types.attack_metrics import AttackDetection, AttackDetectionByInput, AttackDetectorEvaluation
from ..types.foreign_json import parse_json
from .labelled_faces import largest_face


def faces_in(data: Path, *, limit: int) -> list[Path]:
    """List images of faces: the test split of `faces.jsonl`, else every image below.

    At most `limit`, evenly spaced.
    """
    index = data / "faces.jsonl"
    if index.is_file():
        rows = map(parse_json, index.read_text("utf-8").splitlines())
        paths = [data / row["file"] for row in rows if row["split"] == "test"]
    else:
        paths = media_in(data) if data.is_dir() else []
    if not paths:
        raise InputError(f"{data} holds no images of faces")
    return subsample(paths, limit)


def evaluate_attack_detector(
    attack_detector: AttackDetector,
    detector: Detector,
    data: Path,
    *,
    attacks: Mapping[str, Settings],
    limit: int = 200,
    progress: Progress = NO_PROGRESS,
) -> AttackDetectorEvaluation:
    """Measure an attack detector's accuracy and AUC per attack, with and without its map.

    Through the pipeline itself: each attacked face is the saved PNG, its map that of the re-opened image. `called_real`
    restricts both to crops predicted real, to which the verdict applies; `map_black` replaces the map by zeros (PGD-B).

    Args:
        attack_detector: the one that is measured.
        detector: the deepfake detector that is attacked and explained.
        data: a folder of faces, with or without faces.jsonl.
        attacks: settings by the attack's name.
        limit: how many faces, evenly spaced.
        progress: told each face; a stop raises `StopRequested`.
    """
    given = {name: ATTACKS[name].settings(settings) for name, settings in attacks.items()}
    clean: list[tuple[float, float, bool]] = []
    attacked: dict[str, list[tuple[float, float, bool]]] = {name: [] for name in given}
    skipped = 0
    for number, path in enumerate(progress.each(faces_in(data, limit=limit), "Faces")):
        crop = largest_face(path)
        if crop is None:
            skipped += 1
            continue
        clean.append(_both(attack_detector, detector, crop))
        for name, settings in given.items():
            result = pipeline.attack(detector, crop, name, settings, seed=number, attack_detector=attack_detector)
            attacked[name].append(_both(attack_detector, detector, pipeline.attacked_crop(result)))
    if not clean:
        raise InputError(f"{data}: no face could be judged")
    return AttackDetectorEvaluation(
        attack_detector=attack_detector.name,
        detector=detector.name,
        n=len(clean),
        no_verdict=skipped,
        settings=given,
        attacks={name: _measures(clean, rows) for name, rows in attacked.items()},
    )


def _both(attack_detector: AttackDetector, detector: Detector, crop: Array) -> tuple[float, float, bool]:
    """Return p_attacked with both maps, and whether the prediction is real."""
    card = attack_detector.card
    found = pipeline.explain_crop(detector, crop, card.map, target=card.target)
    black = Attribution(
        found.method, found.settings, found.target, found.of, np.zeros_like(found.map), found.signed, (), 0.0
    )
    real = detector.verdict(crop).label == "real"
    return attack_detector.verdict(crop, found).p_attacked, attack_detector.verdict(crop, black).p_attacked, real


def _measures(
    clean: list[tuple[float, float, bool]], attacked: list[tuple[float, float, bool]]
) -> AttackDetectionByInput:
    def of(column: int, scope: bool) -> AttackDetection:
        negative = np.asarray([row[column] for row in clean if row[2] or not scope])
        positive = np.asarray([row[column] for row in attacked if row[2] or not scope])
        n = len(negative), len(positive)
        if not all(n):
            return AttackDetection(None, None, n)
        right = np.r_[negative < 0.5, positive >= 0.5]
        # Balanced: as many unattacked as attacked count, however many of each are in scope.
        balanced = (float((negative < 0.5).mean()) + float((positive >= 0.5).mean())) / 2
        return AttackDetection(float(right.mean()) if not scope else balanced, auc(negative, positive), n)

    return AttackDetectionByInput(of(0, False), of(1, False), of(0, True))
