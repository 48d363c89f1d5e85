"""Judge signs of an attack by small networks."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .attack_signs import ALIGNMENT_SIGNS, NOISE_SIGNS

MEMBERS = 5  # networks, each trained without one fifth of the people
LIMIT = 8.0  # of the logits that are joined


class SignMember(nn.Module):
    """Map standardised signs (N, K) to logits (N,)."""

    mean: Tensor
    scale: Tensor

    def __init__(self, signs: int, width: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(signs))
        self.register_buffer("scale", torch.ones(signs))
        self.layers = nn.Sequential(
            nn.Linear(signs, width), nn.ReLU(), nn.Dropout(0.1), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1)
        )

    def forward(self, signs: Tensor) -> Tensor:
        """Compute logits (N,) from signs (N, K)."""
        out: Tensor = self.layers(((signs - self.mean) / self.scale).clamp(-6, 6))
        return out[:, 0]


class SignNetwork(nn.Module):
    """Map the signs of faces to logits of "perturbed", "carries the verdict" and "attacked".

    perturbed: from `noise_signs` (N, 27); it knows no detector. carries: from `alignment_signs` (N, 13). attacked:
    both, joined by a logistic regression. Each is the mean of `MEMBERS` networks.
    """

    thresholds: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.perturbed = nn.ModuleList(SignMember(NOISE_SIGNS, 48) for _ in range(MEMBERS))
        self.carries = nn.ModuleList(SignMember(ALIGNMENT_SIGNS, 32) for _ in range(MEMBERS))
        self.join = nn.Linear(2, 1)
        self.register_buffer("thresholds", torch.zeros(3))  # of the logits: perturbed, carries, attacked

    def forward(self, noise: Tensor, alignment: Tensor) -> Tensor:
        """Compute (N, 3) logits from signs (N, 27) and (N, 13)."""
        both = torch.stack([mean_logit(self.perturbed, noise), mean_logit(self.carries, alignment)], 1)
        return torch.cat([both, self.joined(both)], 1)

    def perturbation(self, noise: Tensor) -> Tensor:
        """Compute the logits (N,) of "perturbed" alone from signs (N, 27)."""
        return mean_logit(self.perturbed, noise)

    def joined(self, both: Tensor) -> Tensor:
        """Join the logits (N, 2) of perturbed and carries to that of attacked (N, 1)."""
        out: Tensor = self.join(both.clamp(-LIMIT, LIMIT))
        return out


def mean_logit(members: nn.ModuleList, signs: Tensor) -> Tensor:
    """Average the logits (N,) of members on signs (N, K)."""
    return torch.stack([member(signs) for member in members]).mean(0)
