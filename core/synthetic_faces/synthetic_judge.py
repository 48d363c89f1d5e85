"""Answer whether a face is wholly synthetic."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import torch

from ..detectors.calibration.fit import probability
from ..detectors.calibration.out_of_distribution import ood_reason
from ..detectors.calibration.store import read_calibration
from ..detectors.device import chosen_device
from ..media.images import to_tensor
from ..storage.cards import load_weights, read_card
from ..storage.paths import MODELS
from ..types import Array, InputError
from ..types.calibration import Calibration
from ..types.model_card import SyntheticFacesCard
from ..types.synthetic_answer import NO_SIGN, SYNTHETIC, UNDECIDED, UNKNOWN, SyntheticAnswer
from .synthetic_network import SyntheticNetwork

NAME = "synthetic-faces"
WORDS = (NO_SIGN, UNDECIDED, SYNTHETIC)


@dataclass(frozen=True, slots=True, eq=False)
class SyntheticFaces:
    """Hold the trained network with its card.

    calibration: maps its margin to a probability, with the edges of the three words and the out-of-distribution cut.
    """

    network: SyntheticNetwork
    card: SyntheticFacesCard
    calibration: Calibration

    @property
    def version(self) -> str:
        """Identify the weights, for cache keys and records."""
        return f"{NAME}:{str(self.card.sha256)[:12]}"

    def answer(self, crop: Array) -> SyntheticAnswer:
        """Answer for one crop (H, W, 3), uint8 or float32 in [0, 1]."""
        return self.answer_with_margin(crop)[0]

    def answer_with_margin(self, crop: Array) -> tuple[SyntheticAnswer, float]:
        """Answer for one crop; return the uncalibrated logit of "synthetic" as well."""
        with torch.inference_mode():
            x = to_tensor(crop).contiguous(memory_format=torch.channels_last)
            seen = self.network.features(x.to(self.network.mean.device))
            margin = float(self.network.judged(seen)[0])
        p_synthetic, known = self.probability(margin), self.calibration.ood
        reason = ood_reason(self.network.standardised(seen)[0].cpu().numpy(), known) if known else None
        label = UNKNOWN if reason else self.word(p_synthetic)
        return SyntheticAnswer(label, p_synthetic, reason, self.card.scope), margin

    def probability(self, margin: float) -> float:
        """Return the calibrated probability of "synthetic", if half of all faces were."""
        return probability(margin, self.calibration)

    def word(self, p_synthetic: float) -> str:
        """Name the answer of a known face: between both edges, "Inconclusive"."""
        bands = self.calibration.bands
        return WORDS[2] if p_synthetic >= bands.high else WORDS[0] if p_synthetic <= bands.low else WORDS[1]


def load_synthetic_faces(*, folder: Path | None = None) -> SyntheticFaces:
    """Load what ships, once a process and device.

    `InputError` as `detectors.load`, and for another calibration.
    """
    return _load(folder, chosen_device())


@functools.cache
def _load(folder: Path | None, device: str) -> SyntheticFaces:
    card = read_card(NAME, SyntheticFacesCard, folder=folder)
    network = SyntheticNetwork()
    network.load_state_dict(load_weights(NAME, card, folder=folder))
    found = read_calibration((folder or MODELS) / f"{NAME}.calibration.json")
    if found is None or found.weights_sha256 != card.sha256:
        raise InputError(
            f"{NAME}.calibration.json is missing, or was made for other weights than those of the card; "
            f"train it again with: {card.command}"
        )
    network = network.eval().requires_grad_(False).to(memory_format=torch.channels_last)
    return SyntheticFaces(network.to(device), card, found)
