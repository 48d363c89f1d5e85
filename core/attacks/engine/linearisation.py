"""Predict margins along the last gradient, without a pass."""

from __future__ import annotations

import torch
from torch import Tensor

from .logits import per_image


class Linearisation:
    """Keep each image's last gradient of the margin, and where it was taken."""

    def __init__(self, clean: Tensor) -> None:
        self.gradient, self.at = torch.zeros_like(clean), clean
        self.margin = torch.full((len(clean),), -1.0)

    def update(self, gradient: Tensor, at: Tensor, margins: Tensor, rows: Tensor) -> None:
        """Replace what is kept of some images.

        Args:
            gradient: of the margin (N, 3, H, W).
            at: images (N, 3, H, W) at which it was taken.
            margins: there (N,).
            rows: (N,) which of them to keep.
        """
        if not bool(rows.all()):  # nothing is copied where all were asked about
            gradient = torch.where(per_image(rows), gradient, self.gradient)
            at = torch.where(per_image(rows), at, self.at)
            margins = torch.where(rows, margins, self.margin)
        self.gradient, self.at, self.margin = gradient, at, margins

    def predicted_margin(self, images: Tensor, rows: Tensor) -> Tensor:
        """Predict the margin (M,) of images (M, 3, H, W) of the rows (M,)."""
        slope = (self.gradient[rows] * (images - self.at[rows])).flatten(1).sum(1)
        return self.margin[rows] + slope
