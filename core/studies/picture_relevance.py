"""Propagate relevance through a classifier of pictures, a batch at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ..detectors.networks.outputs import LogitSelector
from ..explain.methods.lrp import DEFAULT_RULE, propagate
from ..progress import NO_PROGRESS, Progress
from ..types import Array

CHUNK = 20  # pictures of a pass


@dataclass(frozen=True, slots=True, eq=False)
class PictureRelevance:
    """Hold relevance for "dog" over "cat": maps (N, H, W), signatures (N, D) at the last layer, margins (N,)."""

    maps: Array
    signatures: Array
    margins: Array


def picture_relevance(network: nn.Module, images: Tensor, progress: Progress = NO_PROGRESS) -> PictureRelevance:
    """Propagate the margin dog - cat of images (N, 3, H, W) uint8 by LRP present A flat.

    Source: Klawikowska et al. 2020, sections 3.1 and 3.2. Differs: iNNvestigate's preset with this project's rules,
    which lose no relevance where an output has no positive part, after batch normalisation was joined with the
    convolutions; the margin of two logits for the one logit of the paper.

    Args:
        network: for inference, to logits (N, 2).
        images: in any number.
        progress: told the pictures.
    """
    selected = LogitSelector(network, "margin").eval()
    maps, signatures, margins = [], [], []
    steps = progress.counter(len(images), "Propagating relevance")
    for part in images.split(CHUNK):
        x = part.float() / 255
        with torch.inference_mode(False), torch.enable_grad():
            found = propagate(selected, x, DEFAULT_RULE)
        with torch.inference_mode():
            margins.append(selected(x)[:, 0].numpy())
        maps.append(found.at_input.sum(1).cpu().numpy().astype(np.float32))
        signatures.append(found.at_penultimate.cpu().numpy().astype(np.float32))
        steps.step(len(part))
    return PictureRelevance(np.concatenate(maps), np.concatenate(signatures), np.concatenate(margins))
