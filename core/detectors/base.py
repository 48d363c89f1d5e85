"""The registry of deepfake detectors and the door to one: card, checksum, two logits, one lock."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..calibration import band, came_true, probability, unlike
from ..media.images import to_tensor
from ..registry import Registry
from ..storage.cards import Card
from ..types import FAKE, REAL, Array, Verdict, content_id
from .layers import fold

DETECTORS: Registry[Callable[[], nn.Module]] = Registry("detector")
DEFAULT = "resnet-blend"
INCONCLUSIVE = "Inconclusive"
UNCALIBRATED = ("Called real, uncalibrated", "Called fake, uncalibrated")


@dataclass(frozen=True, slots=True, eq=False)
class Detector:
    """A loaded detector: `model` maps (N, 3, H, W) in [0, 1] to (N, 2) logits [real, fake], in eval mode, its batch
    normalisation folded, its weights without gradients. `lock` is held while hooks are on the model or gradients run.
    """

    name: str
    model: nn.Module
    card: Card
    lock: threading.RLock = field(default_factory=threading.RLock)
    calibration: dict[str, Any] | None = None

    def verdict(self, crop: Array) -> Verdict:
        """The verdict on one crop (H, W, 3), uint8 or float32 in [0, 1]."""
        return self.verdicts([crop])[0]

    def verdicts(self, crops: list[Array]) -> list[Verdict]:
        """One verdict a crop, each judged by itself: the size of a batch would move logits in the last digits."""
        with self.lock, torch.inference_mode():
            judged = [_with_features(self.model, to_tensor(crop)) for crop in crops]
        return [self.verdict_of(logits, features) for logits, features in judged]

    def verdict_of(self, logits: Array, features: Array | None = None) -> Verdict:
        """Two logits [real, fake] as a verdict: probability and bands where calibrated, else the softmax as a score.

        `features` (D,) of the penultimate layer tell whether the face is unlike those that the calibration knows; the
        verdict is then inconclusive and says so.
        """
        values = np.asarray(logits, np.float32)
        p_fake = self.p_fake(values)
        known = self.calibration
        if known is None:
            return Verdict(self.name, values, p_fake, UNCALIBRATED[int(values[FAKE] > values[REAL])])
        why = unlike(features, known) if features is not None and known.get("familiarity") else None
        return Verdict(
            self.name, values, p_fake, INCONCLUSIVE if why else band(p_fake, known), True, why, came_true(p_fake, known)
        )

    def p_fake(self, logits: Array) -> float:
        """The calibrated probability of "fake" from two logits; where there is no calibration, their softmax."""
        if self.calibration is None:
            return float(softmax(logits)[FAKE])
        return probability(float(logits[FAKE]) - float(logits[REAL]), self.calibration)

    def features(self, crop: Array) -> tuple[Array, Array]:
        """Two logits and the penultimate layer's activation (D,) of a crop (H, W, 3)."""
        with self.lock, torch.inference_mode():
            return _with_features(self.model, to_tensor(crop))

    @property
    def version(self) -> str:
        """Name, weights and calibration: what a result was made with."""
        known = self.calibration and content_id(json.dumps([self.calibration["map"], self.calibration["bands"]]))[:12]
        return f"{self.name}:{str(self.card.get('sha256'))[:12]}:{known}"

    @property
    def bands(self) -> tuple[float, float] | None:
        """The two thresholds on `p_fake`; None where the detector is not calibrated."""
        bands = self.calibration and self.calibration["bands"]
        return (bands["low"], bands["high"]) if bands else None


def _with_features(model: nn.Module, x: Tensor) -> tuple[Array, Array]:
    """Logits (2,) and the input (D,) of the last linear layer, from one pass; the hook is gone afterwards."""
    seen: list[Tensor] = []
    hook = penultimate(model).register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    try:
        logits = model(x)[0].numpy()
    finally:
        hook.remove()
    return logits, seen[0][0].numpy()


def softmax(logits: Array) -> Array:
    """Softmax over the last axis, in float64."""
    values = np.exp(logits.astype(np.float64) - logits.max(-1, keepdims=True))
    out: Array = values / values.sum(-1, keepdims=True)
    return out


_loaded: dict[tuple[str, Path | None], tuple[tuple[object, ...], Detector]] = {}
_loading = threading.RLock()


def load(name: str = DEFAULT, *, folder: Path | None = None) -> Detector:
    """The detector `name`, registered or the user's own, with its weights: loaded once, and again when they change.

    `folder` holds card and weights, for tests and trainers. Raises `InputError` when the name is unknown, or the
    weights are missing, altered or of another layout.
    """
    from . import store  # it needs the registry of this module

    with _loading:
        card, path = store.located(name, folder=folder)
        stamp = (*_changed(path), json.dumps(card))
        kept = _loaded.get((name, folder))
        if kept is None or kept[0] != stamp:
            model = store.network(name, card, path, folder=folder)
            kept = _loaded[name, folder] = stamp, ready(name, model, card)
        return kept[1]


def _changed(path: Path) -> tuple[object, ...]:
    """What differs after a file was replaced: path, size in bytes, time of its last change in ns."""
    try:
        facts = path.stat()
    except OSError:
        return (path,)
    return path.absolute(), facts.st_size, facts.st_mtime_ns


def ready(name: str, model: nn.Module, card: Card) -> Detector:
    """A freshly loaded network made fit for verdicts, attacks and maps.

    Channels last in memory: the convolutions, and with them everything here, take a tenth to a third less time.
    """
    model = fold(model.eval()).requires_grad_(False).to(memory_format=torch.channels_last)
    return Detector(name, model, card)


def penultimate(model: nn.Module) -> nn.Linear:
    """The last linear layer of a network; its input (N, D) is the penultimate layer's activation."""
    found = _last_linear(model)
    if found is None:
        raise ValueError("a detector has a linear layer at its end")
    return found


def _last_linear(module: nn.Module) -> nn.Linear | None:
    """From the end: all modules are not gone through, as this is done for every verdict."""
    for child in reversed(module._modules.values()):
        found = _last_linear(child) if child is not None else None
        if found is not None:
            return found
    return module if isinstance(module, nn.Linear) else None


class Scalar(nn.Module):
    """A detector with one output (N, 1): the logit "fake", the logit "real", or the margin fake - real.

    A linear layer after the two logits, so that every explainer sees an ordinary network.
    """

    WEIGHTS = {"fake": (0.0, 1.0), "real": (1.0, 0.0), "margin": (-1.0, 1.0)}  # noqa: RUF012

    def __init__(self, model: nn.Module, target: str) -> None:
        super().__init__()
        self.model = model
        self.head = nn.utils.skip_init(nn.Linear, 2, 1, bias=False)  # draws no random numbers
        self.head.weight.data = torch.tensor([self.WEIGHTS[target]])
        self.head.requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        out: Tensor = self.head(self.model(x))
        return out
