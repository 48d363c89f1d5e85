"""Release models: trained weights with their cards and calibrations."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import from_numpy, nn

from ..attack_detectors.base import DEFAULT as ATTACK_DETECTOR
from ..detectors import DEFAULT, Detector
from ..detectors.calibration.store import save_calibration
from ..detectors.detector import prepare
from ..evaluation.calibration_run import calibrate_on, card_summary
from ..signatures import DEFAULT_SET
from ..storage.cards import Card, load_weights, read_card, save_model, write_card
from .attack_detector_trainer import MAP, TARGET, train_attack_detector
from .detector_trainer import train_detector
from .signature_references import make_reference_set
from .validation import write_validation

Report = Callable[[str], None]
FACES = "UTKFace, adult faces, 200 x 200 (research use); the images are not part of this project"
METHOD = "platt"  # on val its calibration error is half of a temperature's
VAL = "val split, real and forged by the trainer's generator"
SCOPE = (
    "Trained on blended faces of still photographs: real faces against self-blends, swaps and local warps made from "
    "them, also as H.264 leaves them. It has never seen a deepfake made by a generator, a face moving in a video, or a "
    "face smaller than 48 pixels; a fully synthetic face has no blend to find."
)


def release_detector(
    data: Path,
    out: Path,
    *,
    minutes: float,
    seed: int = 0,
    device: str = "cpu",
    warm: bool = False,
    report: Report = print,
) -> Detector:
    """Train the default detector, or go on, and write its weights and card.

    Args:
        data: a folder with faces.jsonl.
        out: the folder to write to.
        minutes: in total.
        seed: of every random choice.
        device: "cpu" or "cuda".
        warm: start from the shipped weights, where `out` holds no checkpoint.
        progress: told the seconds; a stop raises `StopRequested`.
    """
    before = read_card(DEFAULT) if warm else None
    weights = load_weights(DEFAULT, before) if before else None
    model, facts = train_detector(data, out, minutes=minutes, seed=seed, device=device, report=report, weights=weights)
    if before:
        facts["warm_start"] = {"sha256": before["sha256"], **before["training"]}
    return export_detector(model, facts, data, out, seed=seed)


def export_detector(model: nn.Module, facts: dict[str, Any], data: Path, out: Path, *, seed: int) -> Detector:
    """Write weights, card and calibration of a trained default detector.

    It is calibrated on the val split.

    Args:
        model: the trained network.
        facts: of the training.
        data: a folder with faces.jsonl.
        out: the folder to write to.
        seed: of the val split's forgeries.
        progress: told each face; a stop raises `StopRequested`.
    """
    card: Card = {
        "name": DEFAULT,
        "title": "ResNet on blended faces",
        "source": "this project",
        "licence": "Apache-2.0",
        "papers": ["Li et al. 2020, arXiv:1912.13458", "Shiohara and Yamasaki 2022, arXiv:2204.08376"],
        "input": "200 x 200, RGB in [0, 1], resized and standardised inside",
        "crop": "square, 1.3 times the longer side of the face's box, reflected at the border",
        "output": "two logits [real, fake]; a slope and an intercept (Platt) make probabilities of their difference",
        "scope": SCOPE,
        "data": FACES,
        "command": f"python -m core train detector --data DIR --out DIR --minutes {facts['minutes']:g} --seed {seed}"
        + (" --warm" if "warm_start" in facts else ""),
        "parameters": sum(p.numel() for p in model.parameters()),
        "training": facts,
        "measured": {},
    }
    save_model(DEFAULT, model.state_dict(), card, out)
    detector = prepare(DEFAULT, model, read_card(DEFAULT, folder=out))
    with tempfile.TemporaryDirectory() as folder:
        write_validation(data, Path(folder), seed=seed)
        record = calibrate_on(detector, Path(folder), method=METHOD)
    record["data"] = VAL
    save_calibration(detector, record, out / f"{DEFAULT}.calibration.json")
    write_card(DEFAULT, {**detector.card, "calibration": card_summary(record)}, out)
    return replace(detector, calibration=record)


def release_attack_detector(
    detector: Detector,
    data: Path,
    out: Path,
    *,
    minutes: float,
    seed: int = 0,
    device: str = "cpu",
    report: Report = print,
) -> None:
    """Train the attack detector against `detector` and write its weights and card.

    Args:
        detector: the one that is attacked and explained.
        data: a folder with faces.jsonl.
        out: the folder to write to.
        minutes: of training.
        seed: of every random choice.
        device: "cpu" or "cuda".
        progress: told each pass; a stop raises `StopRequested`.
    """
    model, facts = train_attack_detector(detector, data, minutes=minutes, seed=seed, device=device, report=report)
    card: Card = {
        "name": ATTACK_DETECTOR,
        "title": "Detect-ResNet (small)",
        "source": "this project",
        "licence": "Apache-2.0",
        "papers": ["Pinhasov et al. 2024, section 3.5"],
        "detector": detector.name,
        "detector_sha256": detector.card["sha256"],
        "map": MAP,
        "target": TARGET,
        "warrant": (
            f"Trained on PGD at 16/255 against {detector.name}, reading the crop and its {MAP} map; asked when "
            "the detector says real. Other attacks, smaller epsilons and other detectors are outside of "
            "what it was trained on."
        ),
        "data": FACES,
        "command": f"python -m core train attack-detector --data DIR --out DIR --minutes {minutes:g} --seed {seed}",
        "parameters": sum(p.numel() for p in model.parameters()),
        "training": facts,
        "measured": {},
    }
    save_model(ATTACK_DETECTOR, model.state_dict(), card, out)


def release_signatures(detector: Detector, data: Path, out: Path, *, seed: int = 0, report: Report = print) -> None:
    """Make the reference signatures with `detector` and write them with their card.

    Args:
        detector: whose relevance is used.
        data: a folder with faces.jsonl.
        out: the folder to write to.
        seed: of forgeries, attacks and embedding.
        progress: told each face; a stop raises `StopRequested`.
    """
    parts, facts = make_reference_set(detector, data, seed=seed, report=report)
    card: Card = {
        "name": DEFAULT_SET,
        "title": "Reference signatures",
        "source": "this project; Klawikowska et al. 2020",
        "licence": "Apache-2.0",
        "what": "LRP relevance at the penultimate layer, L1-normalised; map thumbnails of 24 pixels; no face is in it",
        "data": f"{FACES}; val split",
        "command": f"python -m core train signatures --data DIR --out DIR --seed {seed}",
        **facts,
    }
    save_model(DEFAULT_SET, {key: from_numpy(np.ascontiguousarray(value)) for key, value in parts.items()}, card, out)
