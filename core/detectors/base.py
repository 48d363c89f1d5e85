"""The registry of deepfake detectors and the door to one: card, checksum, two logits, one lock."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ..images import to_tensor
from ..registry import Registry
from ..types import FAKE, Array, Verdict
from ..weights import Card, load_weights, read_card
from .layers import fold

DETECTORS: Registry[Callable[[], nn.Module]] = Registry("detector")
DEFAULT = "resnet-blend"


@dataclass(frozen=True, slots=True, eq=False)
class Detector:
    """A loaded detector: `model` maps (N, 3, H, W) in [0, 1] to (N, 2) logits [real, fake], in eval mode, its batch
    normalisation folded, its weights without gradients. `lock` is held while hooks are on the model or gradients run.
    """

    name: str
    model: nn.Module
    card: Card
    lock: threading.RLock = field(default_factory=threading.RLock)

    def verdict(self, crop: Array) -> Verdict:
        """The verdict on one crop (H, W, 3), uint8 or float32 in [0, 1]."""
        return self.verdicts([crop])[0]

    def verdicts(self, crops: list[Array]) -> list[Verdict]:
        """One verdict a crop, each judged by itself: the size of a batch would move logits in the last digits."""
        with self.lock, torch.inference_mode():
            logits = [self.model(to_tensor(crop))[0].numpy() for crop in crops]
        return [self.verdict_of(values) for values in logits]

    def verdict_of(self, logits: Array) -> Verdict:
        """Two logits [real, fake] as a verdict: softmax, and the card's bands in words."""
        values = np.asarray(logits, np.float32)
        p_fake = float(softmax(values)[FAKE])
        return Verdict(self.name, values, p_fake, band(p_fake, self.card), bool(self.card.get("calibrated", False)))


def softmax(logits: Array) -> Array:
    """Softmax over the last axis, in float64."""
    values = np.exp(logits.astype(np.float64) - logits.max(-1, keepdims=True))
    out: Array = values / values.sum(-1, keepdims=True)
    return out


def band(p_fake: float, card: Card) -> str:
    """The word for a score: the card's two thresholds, chosen on the validation split, leave an inconclusive band."""
    low, high = card["bands"]["low"], card["bands"]["high"]
    if p_fake >= high:
        return "Likely manipulated"
    return "Likely not manipulated" if p_fake <= low else "Inconclusive"


@functools.cache
def load(name: str = DEFAULT, *, folder: Path | None = None) -> Detector:
    """The registered detector `name` with its weights, loaded once a process.

    Raises `InputError` when the name is unknown or the weights file is missing or altered.
    """
    entry = DETECTORS[name]
    card = read_card(name, folder=folder)
    model = entry.function()
    model.load_state_dict(load_weights(name, card, folder=folder))
    return ready(name, model, card)


def ready(name: str, model: nn.Module, card: Card) -> Detector:
    """A freshly loaded network made fit for verdicts, attacks and maps."""
    model = fold(model.eval()).requires_grad_(False)
    return Detector(name, model, card)


def penultimate(model: nn.Module) -> nn.Linear:
    """The last linear layer of a network; its input (N, D) is the penultimate layer's activation."""
    linear = [module for module in model.modules() if isinstance(module, nn.Linear)]
    return linear[-1]


class Scalar(nn.Module):
    """A detector with one output (N, 1): the logit "fake", the logit "real", or the margin fake - real.

    A linear layer after the two logits, so that every explainer sees an ordinary network.
    """

    WEIGHTS = {"fake": (0.0, 1.0), "real": (1.0, 0.0), "margin": (-1.0, 1.0)}  # noqa: RUF012

    def __init__(self, model: nn.Module, target: str) -> None:
        super().__init__()
        self.model = model
        self.head = nn.Linear(2, 1, bias=False)
        self.head.weight.data = torch.tensor([self.WEIGHTS[target]])
        self.head.requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        out: Tensor = self.head(self.model(x))
        return out
