"""Show an attack between its steps to somebody who watches."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import Tensor

from ...media.images import to_array, to_uint8
from ...types import AttackView
from .callbacks import VIEW_SECONDS


class AttackViewer:
    """Hand views of the first image to a callback, a few a second."""

    def __init__(self, on_view: Callable[[AttackView], None] | None) -> None:
        self.on_view, self._due = on_view, 0.0

    def look(self, x: Tensor, step: int) -> None:
        """Show images (N, 3, H, W) that are asked about now; the gradient once it is taken.

        Args:
            x: in [0, 1]; the first one is shown.
            step: the query's number.
        """
        if self.on_view is None or time.monotonic() < self._due:
            return
        self._due = time.monotonic() + VIEW_SECONDS
        on_view, image = self.on_view, to_uint8(to_array(x))
        if x.requires_grad and torch.is_grad_enabled():
            x.register_hook(
                lambda gradient: on_view(AttackView(step, image, gradient[0].detach().abs().sum(0).numpy()))
            )
        else:
            on_view(AttackView(step, image))
