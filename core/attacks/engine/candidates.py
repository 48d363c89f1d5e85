"""Keep the best image that an attack has asked about so far."""

from __future__ import annotations

import torch
from torch import Tensor

from .goal import Goal
from .logits import per_image


class Candidates:
    """Keep the best image of each row: the surest, or the nearest adversarial one.

    The nearest is kept where the goal is of `minimum_norm`.

    Attributes:
        best: (N, 3, H, W) the images kept; the clean ones at first.
        score: (N,) what they are compared by, less is better; below 0 where an image was adversarial.
    """

    def __init__(self, goal: Goal, *, tolerance: float = 0.0) -> None:
        self.goal, self.tolerance = goal, tolerance
        self.best, self.score = goal.clean.clone(), torch.full((len(goal.y),), float("inf"))

    @property
    def adversarial(self) -> Tensor:
        """Tell of which rows any image asked about was predicted the target; (N,)."""
        return self.score < 0

    def is_adversarial(self, margins: Tensor) -> Tensor:
        """Tell which margins (N,) are of images predicted the target, beyond the tolerance."""
        return margins < -self.tolerance

    def offer(self, images: Tensor, margins: Tensor, active: Tensor) -> None:
        """Keep those of `images` (N, 3, H, W) with `margins` (N,) that are `active` (N,) and better than before."""
        score = margins
        if self.goal.minimum_norm:
            score, reached = margins.clamp_min(0), self.is_adversarial(margins)
            if bool(reached.any()):
                score = torch.where(reached, -1 / (self.goal.distance(images) + 1e-9), score)
        better = active & (score < self.score)
        if bool(better.all()):  # images that were asked about are never changed in place: no copy
            self.best, self.score = images, score
        elif bool(better.any()):
            self.best = torch.where(per_image(better), images, self.best)
            self.score = torch.where(better, score, self.score)
