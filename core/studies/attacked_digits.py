"""Attack correct digits block by block, and keep what the network then predicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor, nn

from ..attacks import ATTACKS, perturb_classes
from ..attacks.engine.projection import clip_linf
from ..types import Array
from ..types.study_tables import StudyCell
from .base import StudyContext
from .digit_blocks import DigitBlocks, kept_blocks
from .digit_network import predictions
from .mnist_file import CLASSES, Digits

BLOCK = 100  # digits: what a stop loses at most


@dataclass(frozen=True, slots=True)
class DigitAttack:
    """Name an attack with its settings as in Foolbox, which the paper ran.

    title: in the tables; name: in the registry; steps: None for its own; step: of its epsilon, None for its own.
    """

    title: str
    name: str
    steps: int | None = None
    step: float | None = None

    def settings(self, eps: float) -> dict[str, StudyCell]:
        """Return the attack's settings at an epsilon in [0, 1]."""
        known = {param.name for param in ATTACKS[self.name].params}
        given: dict[str, StudyCell] = {"eps": eps}
        if "loss" in known:
            given["loss"] = "cross-entropy"
        if self.steps is not None:
            given["steps"] = self.steps
        if self.step is not None:
            given["alpha"] = self.step * eps
        return given


ATTACKS_OF_ARIF = (
    DigitAttack("BIM", "bim", 10, 0.2),
    DigitAttack("FGSM", "fgsm"),
    DigitAttack("DeepFool", "deepfool", 50),
    DigitAttack("PGD", "pgd", 40, 1 / 30),
)


def attacked(network: nn.Module, digits: Digits, attack: DigitAttack, eps: float, *, seed: int) -> Tensor:
    """Attack digits away from their labels in floating point; (N, 1, 28, 28).

    Args:
        network: (N, 1, 28, 28) to logits (N, 10).
        digits: that the network predicts correctly.
        attack: of `ATTACKS_OF_ARIF`.
        eps: L-inf budget, in [0, 1].
        seed: of the attack's random numbers.
    """
    return perturb_classes(
        network, digits.images, digits.labels, attack.name, attack.settings(eps), classes=CLASSES, seed=seed
    )


def at_epsilons(
    network: nn.Module, digits: Digits, attack: DigitAttack, epsilons: tuple[float, ...], *, seed: int
) -> dict[float, Tensor]:
    """Attack digits at each epsilon.

    An attack for the smallest change runs once and is cut to each of them.

    Args:
        network: as `attacked`; so the others.
        digits: correct ones.
        attack: of `ATTACKS_OF_ARIF`.
        epsilons: L-inf budgets, in [0, 1].
        seed: of the attack's random numbers.
    """
    if not ATTACKS[attack.name].facts.minimum_norm:
        return {eps: attacked(network, digits, attack, eps, seed=seed) for eps in epsilons}
    found = attacked(network, digits, attack, max(epsilons), seed=seed)
    return {eps: clip_linf(found, digits.images, eps) for eps in epsilons}


def attacked_predictions(
    context: StudyContext, folder: Path, network: nn.Module, digits: Digits, epsilons: tuple[float, ...]
) -> Array:
    """Predict attacked digits, in blocks that are kept; (attacks, epsilons, n) int8.

    Ends where the minutes are over, after one block at least: n says how many digits were measured.

    Args:
        context: of the study.
        folder: of the blocks.
        network: attacked.
        digits: correct ones, in a random order.
        epsilons: L-inf budgets, in [0, 1].
    """
    blocks = DigitBlocks("block", BLOCK, 2, "Attacking digits")
    return kept_blocks(context, folder, digits, blocks, lambda few: _block(context, network, few, epsilons))


def _block(context: StudyContext, network: nn.Module, digits: Digits, epsilons: tuple[float, ...]) -> Array:
    out = []
    for attack in ATTACKS_OF_ARIF:
        context.progress.check_stop()
        images: Mapping[float, Tensor] = at_epsilons(network, digits, attack, epsilons, seed=context.seed)
        out.append(np.stack([predictions(network, one).numpy() for one in images.values()]))
    return np.stack(out).astype(np.int8)
