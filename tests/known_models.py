"""A network whose every answer is known, and the card of what was never trained."""

from __future__ import annotations

import torch
from torch import nn

from core.types.model_card import DetectorCard

CARD = DetectorCard(name="any", title="Any", sha256="0" * 64)


class LinearModel(nn.Module):
    """Two logits, linear in an image of 12 x 12: every explainer's answer is known."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.flatten = nn.Flatten()
        self.linear = nn.Linear(3 * 12 * 12, 2, bias=False)
        self.linear.weight.data = torch.randn(2, 3 * 12 * 12, generator=generator) / 20

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(self.flatten(x))
