"""Count a detector's passes over the images of a batch."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ...detectors.device import pass_sizes
from .logits import check_logits
from .precision import bf16_replica


class Finished(Exception):
    """End an attack as no image of its batch is left."""


class CountedModel:
    """Ask a network about active images only, and count the passes of each.

    Attributes:
        network: (N, 3, H, W) in [0, 1] to logits (N, C).
        active: (N,) whether an image is still asked about.
        logits: (N, C) the answer kept for each image: what a retired one gets, without a gradient.
        forwards: (N,) passes of each image.
        backwards: (N,) passes back to each image.
        has_gradient: (N,) whether any gradient was not zero.
        finite: whether all logits so far were numbers.
    """

    def __init__(self, network: nn.Module, count: int, *, classes: int = 2, bf16: bool = False) -> None:
        self.network, self.classes = network, classes
        self.active = torch.ones(count, dtype=torch.bool)
        self.logits = torch.zeros(count, classes)
        self.forwards, self.backwards = torch.zeros(count, dtype=torch.long), torch.zeros(count, dtype=torch.long)
        self.has_gradient = torch.zeros(count, dtype=torch.bool)
        self.finite = True
        self._bf16 = bf16
        self._replica: nn.Module | None = None

    def __call__(self, x: Tensor) -> Tensor:
        """Return logits (K * N, C) of images (K * N, 3, H, W); raise `Finished` where all are retired."""
        self.check_unfinished()
        copies = len(x) // len(self.active)
        if x.requires_grad and torch.is_grad_enabled():
            x.register_hook(self._count_backward(copies))
        if bool(self.active.all()):
            logits = self._forward(x)
        else:
            rows = self.active.repeat(copies).nonzero()[:, 0]
            logits = self.logits.repeat(copies, 1).index_copy(0, rows, self._forward(x[rows]))
        self.forwards += copies * self.active
        self.finite = self.finite and bool(torch.isfinite(logits.detach()).all())
        return logits

    def check_unfinished(self) -> None:
        """Raise `Finished` where no image is left to ask about."""
        if not self.active.any():
            raise Finished

    def keep(self, logits: Tensor) -> None:
        """Keep `logits` (N, C) as the answer for the images that are still active."""
        self.logits = torch.where(self.active[:, None], logits, self.logits)

    def retire(self, done: Tensor) -> None:
        """Ask nothing more about the images `done` (N,)."""
        self.active &= ~done

    def add_passes(self, passes: int) -> None:
        """Count `passes` forward and as many backward for every active image."""
        self.forwards += passes * self.active
        self.backwards += passes * self.active

    def _forward(self, x: Tensor) -> Tensor:
        graph = torch.is_grad_enabled()
        bf16 = self._bf16 and graph
        if bf16 and self._replica is None:  # made here and not before: the detector is in eval mode by now
            self._replica = bf16_replica(self.network)
        model = self._replica if bf16 and self._replica is not None else self.network
        size = pass_sizes(self.network).outputs
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            logits: Tensor = model(x) if graph or len(x) <= size else torch.cat([model(part) for part in x.split(size)])
        return check_logits(logits.float(), len(x), self.classes)

    def _count_backward(self, copies: int) -> Callable[[Tensor], None]:
        """Make a hook that counts a gradient and notes whether it is zero."""
        asked = self.active.clone()

        def hook(gradient: Tensor) -> None:
            self.backwards.add_(copies * asked)
            if not bool(self.has_gradient.all()):
                steep = gradient.detach().flatten(1).abs().amax(1) > 0
                self.has_gradient |= steep.view(copies, -1).any(0)

        return hook
