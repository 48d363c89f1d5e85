"""Compute Deep SHAP signatures of correct digits and of their attacked versions."""

from __future__ import annotations

import copy
import warnings
from dataclasses import dataclass

import numpy as np
import shap
import torch
from torch import Tensor, nn

from ..types import Array
from .arif_data import ArifData
from .attacked_digits import ATTACKS_OF_ARIF, attacked
from .base import StudyContext
from .digit_blocks import DigitBlocks, kept_blocks
from .mnist_file import Digits

EPSILON, BACKGROUND, BLOCK, MAX_DIGITS = 0.2, 50, 20, 400  # of the paper; training digits; of a block; in all


@dataclass(frozen=True, slots=True, eq=False)
class DigitSignatures:
    """Hold SHAP values of the predicted class: clean (n, 784), attacked (attacks, n, 784)."""

    clean: Array
    attacked: Array


def digit_signatures(context: StudyContext, data: ArifData) -> DigitSignatures:
    """Compute signatures of the first correct digits, in blocks that are kept.

    Ends where the minutes are over, after two blocks at least. Source: Arif, section V (SHAP Deep Explainer, epsilon
    0.2); Lundberg and Lee 2017, arXiv:1705.07874, section 4.2.
    """
    generator = torch.Generator().manual_seed(context.seed)
    behind = data.train.images[torch.randperm(len(data.train.labels), generator=generator)[:BACKGROUND]]
    digits = data.correct.first(MAX_DIGITS)
    blocks = DigitBlocks("signatures", BLOCK, 1, "Computing signatures", least=2)
    whole = kept_blocks(context, data.folder, digits, blocks, lambda few: _block(context, data, few, behind))
    return DigitSignatures(whole[0], whole[1:])


def _block(context: StudyContext, data: ArifData, digits: Digits, behind: Tensor) -> Array:
    """Return SHAP values (1 + attacks, n, 784), of the clean digits first."""
    out = [deep_shap(data.network, digits.images, behind)]
    for attack in ATTACKS_OF_ARIF:
        context.progress.check_stop()
        images = attacked(data.network, digits, attack, EPSILON, seed=context.seed)
        out.append(deep_shap(data.network, images, behind))
    return np.stack(out)


def deep_shap(network: nn.Module, images: Tensor, behind: Tensor) -> Array:
    """Return SHAP values (N, 784) float32 of each image's predicted class over a background.

    On a copy, because shap leaves hooks behind.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # shap tells which modules it takes the gradient of
        explainer = shap.DeepExplainer(copy.deepcopy(network).eval(), behind)
        values, _ = explainer.shap_values(images, ranked_outputs=1, check_additivity=False)
    return np.asarray(values, np.float32).reshape(len(images), -1)
