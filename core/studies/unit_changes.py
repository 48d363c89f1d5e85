"""Measure how attacks change the units of a network's penultimate layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.stats import wilcoxon
from torch import Tensor

from ..metrics.multiple_tests import holm
from ..types import Array
from .arif_data import ArifData
from .attacked_digits import ATTACKS_OF_ARIF, attacked
from .base import StudyContext
from .digit_blocks import DigitBlocks, kept_blocks
from .digit_network import CHUNK, DigitNetwork
from .digit_signatures import EPSILON
from .mnist_file import Digits

BLOCK, MAX_DIGITS = 100, 1000  # digits of a block, and at most


@dataclass(frozen=True, slots=True, eq=False)
class UnitChanges:
    """Hold the change of each unit (U,) under an attack.

    effect: mean change in its standard deviations, of the same digits; 0 for a unit that never changes.
    p: of Wilcoxon's signed-rank test, two-sided; 1 for a unit that never changes.
    """

    effect: Array
    p: Array


def digit_units(context: StudyContext, data: ArifData) -> Array:
    """Compute activations (1 + attacks, n, 64) of correct digits, clean first.

    In blocks that are kept; ends where the minutes are over, after one block at least.
    """
    blocks = DigitBlocks("units", BLOCK, 1, "Attacking digits")
    return kept_blocks(
        context, data.folder, data.correct.first(MAX_DIGITS), blocks, lambda few: _block(context, data, few)
    )


def _block(context: StudyContext, data: ArifData, digits: Digits) -> Array:
    out = [activations(data.network, digits.images)]
    for attack in ATTACKS_OF_ARIF:
        context.progress.check_stop()
        out.append(activations(data.network, attacked(data.network, digits, attack, EPSILON, seed=context.seed)))
    return np.stack(out)


@torch.inference_mode()
def activations(network: DigitNetwork, images: Tensor) -> Array:
    """Return the activations (N, 64) float32 of the penultimate layer."""
    found: Array = torch.cat([network.penultimate(part) for part in images.split(CHUNK)]).cpu().numpy()
    return found


def unit_changes(clean: Array, changed: Array) -> UnitChanges:
    """Test each unit of the same digits, clean and changed (n, U) both."""
    difference = (changed - clean).astype(np.float64)
    spread = difference.std(0, ddof=1) if len(difference) > 1 else np.zeros(difference.shape[1])
    moves = spread > 0
    effect = np.where(moves, difference.mean(0) / np.where(moves, spread, 1.0), 0.0)
    p = np.ones(difference.shape[1])
    for unit in np.flatnonzero(moves):
        p[unit] = wilcoxon(difference[:, unit]).pvalue
    return UnitChanges(effect, p)


def corrected(changes: list[UnitChanges]) -> list[Array]:
    """Correct the p values of several attacks for all of their units together."""
    whole = holm(np.concatenate([one.p for one in changes]))
    return list(np.split(whole, len(changes)))
