"""Define what an attack may ask of a detector."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor, nn


class Query(Protocol):
    """Answer an attack's questions about a batch of N images.

    Every registered attack is handed one as `model`.
    """

    @property
    def network(self) -> nn.Module:
        """Return the detector's network, (N, 3, H, W) in [0, 1] to logits (N, C): for maps, with `add_passes`."""

    @property
    def tolerance(self) -> float:
        """Return by how much margins may be off: above 0 in bfloat16."""

    @property
    def generator(self) -> torch.Generator:
        """Return the attack's own random numbers: draw from nothing else."""

    @property
    def eight_bit(self) -> bool:
        """Return whether images should be asked about as the 8 bits that are saved."""

    def __call__(self, x: Tensor, sources: Tensor | None = None) -> Tensor:
        """Return logits (K * N, C) of images (K * N, 3, H, W); row r is of image r modulo N.

        With `sources` (N, 3, H, W), the images that the K copies were made from, an image counts as adversarial when
        all of its copies are; without it each copy is a candidate by itself.
        """

    def retire(self, done: Tensor) -> bool:
        """Ask nothing more about the images `done` (N,); return whether the attack is over."""

    def add_passes(self, passes: int) -> None:
        """Count passes, forward and as many backward, that were made on `network` itself."""


@dataclass(frozen=True, slots=True)
class PlainQuery:
    """Ask a network and do nothing else: for attacks outside of the door."""

    network: nn.Module
    tolerance: float = 0.0
    generator: torch.Generator = field(default_factory=torch.Generator)
    eight_bit: bool = False

    def __call__(self, x: Tensor, sources: Tensor | None = None) -> Tensor:
        """Return the network's logits."""
        logits: Tensor = self.network(x)
        return logits

    def retire(self, done: Tensor) -> bool:
        """Return whether all images are done."""
        return bool(done.all())

    def add_passes(self, passes: int) -> None:
        """Count nothing."""
