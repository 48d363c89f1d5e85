"""Register attack detectors, and run one on a crop and its map."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ..detectors.device import chosen_device, put_on
from ..media.images import to_tensor
from ..registry import NoFacts, Registry
from ..storage.cards import load_weights, read_card
from ..types import Array, AttackVerdict, Attribution, InputError
from ..types.model_card import AttackDetectorCard

ATTACK_DETECTORS: Registry[Callable[[], nn.Module], NoFacts] = Registry("attack detector", NoFacts)
DEFAULT = "detect-resnet"


@dataclass(frozen=True, slots=True, eq=False)
class AttackDetector:
    """Hold a loaded attack detector.

    model: maps crops (N, 3, H, W) in [0, 1] and maps (N, 1, H, W), scaled by `scale_map`, to (N, 2) logits [unattacked,
        attacked].
    card: says which detector and which map it was trained on.
    """

    name: str
    model: nn.Module
    card: AttackDetectorCard

    @property
    def scope(self) -> str:
        """Return its scope of validity, in words."""
        return self.card.warrant

    def fits(self, detector: str) -> bool:
        """Tell whether it was trained on maps of this deepfake detector."""
        return self.card.detector == detector

    def verdict(self, crop: Array, attribution: Attribution) -> AttackVerdict:
        """Judge one crop (H, W, 3), uint8 or float32 in [0, 1], with its map.

        The map has to be the one that the card names.
        """
        from scipy.special import softmax  # here: it is slow to import

        if attribution.method != self.card.map or attribution.target != self.card.target:
            raise InputError(
                f"{self.name} reads the map {self.card.map} of the {self.card.target}; "
                f"what came is {attribution.method} of the {attribution.target}"
            )
        with torch.inference_mode():
            logits = self.model(to_tensor(crop), scale_map(torch.from_numpy(attribution.map)[None, None]))
        return AttackVerdict(self.name, float(softmax(logits[0].numpy().astype(np.float64))[1]), self.scope)


def scale_map(maps: Tensor) -> Tensor:
    """Divide signed maps (N, 1, H, W) by three root mean squares; clip to [-1, 1].

    Maps of different faces differ by orders of magnitude; sign and pattern are kept, and never cast to bytes. Zero
    stays zero.
    """
    size = maps.square().mean((1, 2, 3), keepdim=True).sqrt()
    return (maps / (3 * size).clamp_min(1e-12)).clamp(-1, 1)


def load(name: str = DEFAULT, *, folder: Path | None = None) -> AttackDetector:
    """Load a registered attack detector, once a process and device; `InputError` as `detectors.load`."""
    return _load(name, folder, chosen_device())


@functools.cache
def _load(name: str, folder: Path | None, device: str) -> AttackDetector:
    entry = ATTACK_DETECTORS[name]
    card = read_card(name, AttackDetectorCard, folder=folder)
    model = entry.function()
    model.load_state_dict(load_weights(name, card, folder=folder))
    return AttackDetector(name, put_on(model.eval().requires_grad_(False), device), card)
