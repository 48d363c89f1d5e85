"""Wrap a recogniser as a two-logit detector, for attacks and maps."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from ..detectors import Detector
from ..detectors.detector import prepare
from ..types import Array
from ..types.arrays import check
from ..types.model_card import DetectorCard

Goal = Literal["dodging", "impersonation"]
SLOPE = 20.0  # of the logit by similarity, where no calibration gives one


class MatchLogits(nn.Module):
    """Compare faces (N, 3, H, W) in [0, 1] with photos of one person.

    The logits are [0, d] with d = slope * (mean similarity - threshold), its sign turned for impersonation: the
    attacks move "fake" to "real", which is then from a match to none, or from none to a match. The mean of cosines
    with unit vectors is linear in the embedding, so that this is one linear layer.
    """

    def __init__(
        self, embedder: nn.Module, photos: Array, *, threshold: float, goal: Goal, slope: float = SLOPE
    ) -> None:
        super().__init__()
        self.embedder = embedder
        self.head = nn.utils.skip_init(nn.Linear, photos.shape[1], 2)  # draws no random numbers
        sign = slope if goal == "dodging" else -slope
        mean = torch.from_numpy(photos.mean(0, dtype=np.float64)).float()
        self.head.weight.data = torch.stack([torch.zeros_like(mean), sign * mean])
        self.head.bias.data = torch.tensor([0.0, -sign * threshold])

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits (N, 2)."""
        found: Tensor = self.head(self.embedder(x))
        return found


def match_detector(
    name: str, embedder: nn.Module, photos: Array, *, threshold: float, goal: Goal, slope: float = SLOPE
) -> Detector:
    """Make what attacks and maps take for a detector: "is this the person?".

    Differs: a verdict "fake" means a match (dodging) or no match (impersonation), not a manipulated face.

    Args:
        name: of the recogniser, the person and the goal.
        embedder: from crops (N, 3, H, W) in [0, 1] to unit vectors (N, D), differentiable.
        photos: (P, D) float32 unit vectors of the person's photos.
        threshold: similarity from which a face counts as the person.
        goal: "dodging" to be recognised no longer, "impersonation" to be taken for the person.
        slope: of the logit by similarity; of the gallery's calibration.
    """
    check(goal in ("dodging", "impersonation"), "the goal is dodging or impersonation", goal)
    check(photos.ndim == 2 and len(photos) > 0, "a person's photos are (P, D), at least one", photos.shape)
    check(slope > 0, "the slope is positive", slope)
    model = MatchLogits(embedder, photos, threshold=threshold, goal=goal, slope=slope)
    return prepare(name, model, DetectorCard(name="recogniser", title=name))
