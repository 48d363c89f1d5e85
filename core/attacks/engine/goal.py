"""Hold what an attack starts from and has to reach."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ...types import LABELS
from .projection import SLACK, clip, project

ALL = slice(None)


@dataclass(frozen=True, slots=True, eq=False)
class Goal:
    """Hold the images before an attack, the labels wanted, and the budget.

    Attributes:
        clean: images (N, 3, H, W) in [0, 1], multiples of 1/255 where `eight_bit`.
        y: labels wanted (N,); ~c (-1 - c) wants any label but c.
        norm: "Linf", "L2" or "L0".
        size: the budget, in units of [0, 1] for "Linf" and "L2", pixels for "L0".
        minimum_norm: whether the smallest adversarial change is sought, not the surest one.
        stop_confidence: in (0, 1]; an image is done once predicted the target with this score; None: never.
        classes: of the network's logits.
        eight_bit: whether images are multiples of 1/255, as those of a saved file are.
    """

    clean: Tensor
    y: Tensor
    norm: str
    size: float
    minimum_norm: bool = False
    stop_confidence: float | None = None
    classes: int = 2
    eight_bit: bool = True

    @property
    def target(self) -> str:
        """Return the label wanted of the first image."""
        return LABELS[int(self.y[0])]

    def project(self, images: Tensor, rows: Tensor | slice = ALL) -> Tensor:
        """Bring images (M, 3, H, W) of `rows` within budget, as 8 bits where those are asked for."""
        bring = project if self.eight_bit else clip
        return bring(self.clean[rows], images, self.norm, self.size)

    def distance(self, images: Tensor) -> Tensor:
        """Return the size (N,) of the change of images (N, 3, H, W), for "Linf" and "L2"."""
        change = (images - self.clean).flatten(1)
        return change.abs().amax(1) if self.norm == "Linf" else change.norm(dim=1)

    def exceeded_by(self, images: Tensor) -> Tensor:
        """Tell which images (N, 3, H, W) are outside of the budget; (N,)."""
        return self.distance(images) > self.size + SLACK

    def target_score(self, p_fake: Tensor) -> Tensor:
        """Return the score (N,) of the label wanted."""
        if self.classes > 2:
            return 1 - p_fake
        return torch.where((self.y == 1) | (self.y == ~0), p_fake, 1 - p_fake)
