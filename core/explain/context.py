"""One image before one detector, for one output: what several maps need of it is computed once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.transforms.functional import gaussian_blur

from ..detectors.architectures.layers import BinaryToTwoLogits
from ..detectors.detector import Detector
from ..detectors.networks.outputs import LogitSelector, penultimate
from ..types import Array, QualityMetric, Target, Verdict

Figures = tuple[QualityMetric, ...]
CHUNK = 4  # images a pass: more gain nothing on a CPU


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What an explainer returns: `values` (1, C, H, W), signed, and a function that measures what they are worth.

    The figures are measured only where somebody wants them: some need further passes, which are no part of the map.
    """

    values: Tensor
    quality: Callable[[], Figures]


class Watched(LogitSelector):
    """The one-output network that tells of each pass before it begins, so that long work can be stopped there."""

    def __init__(self, model: nn.Module, target: str, tick: Callable[[], None]) -> None:
        super().__init__(model, target)
        self.tick = tick

    def forward(self, x: Tensor) -> Tensor:
        """Report the pass, then run it."""
        self.tick()
        return super().forward(x)


class Context:
    """The network (N, 3, H, W) -> (N, 1), the image `x` (1, 3, H, W) in [0, 1], and what was computed of them.

    Lives under the detector's lock, while the model is in eval mode: it has to stay as it is for as long. `backs` is
    how many ways back through the graph of the verdict's pass will be asked for; for more the pass is done again.
    """

    def __init__(
        self,
        detector: Detector,
        x: Tensor,
        target: Target,
        *,
        seed: int = 0,
        backs: int = 1,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        self.detector, self.x, self.target, self.seed = detector, x.detach(), target, seed
        self.tick, self.backs = tick, backs
        self._graph: tuple[Tensor, Tensor] | None = None
        self._values: dict[str, float] = {}
        self._baselines: dict[str, Tensor] = {}

    @cached_property
    def network(self) -> Watched:
        """The detector with one output (N, 1)."""
        return Watched(self.detector.model, self.target, self.tick)

    @cached_property
    def _pass(self) -> tuple[Array, Array]:
        """The two logits (2,), and the penultimate layer's activation (D,)."""
        seen: list[Tensor] = []
        hook = penultimate(self.detector.model).register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
        try:
            _, logits = self._forward()
        finally:
            hook.remove()
        return logits.detach()[0].numpy(), seen[0].detach()[0].numpy()

    def _forward(self) -> tuple[Tensor, Tensor]:
        """The input (1, 3, H, W) and the two logits (1, 2) of it, with the graph between them."""
        self.tick()
        x = self.x.detach().requires_grad_(True)
        self._graph = x, self.detector.model(x)
        return self._graph

    def back(self, guide: Callable[[Tensor], AbstractContextManager[None]] | None = None) -> Tensor:
        """The output's gradient (1, 3, H, W) by the graph of the verdict's own pass; `guide` may change the way."""
        self.logits  # noqa: B018 (the pass of the verdict comes first)
        x, logits = self._graph or self._forward()
        self.backs -= 1
        head = torch.tensor([LogitSelector.WEIGHTS[self.target]])
        with guide(logits) if guide else nullcontext():
            (gradient,) = torch.autograd.grad(logits, x, head, retain_graph=self.backs > 0)
        if self.backs <= 0:
            self._graph = None
        return gradient

    @cached_property
    def gradient(self) -> Tensor:
        """The output's gradient for the image (1, 3, H, W)."""
        return self.back()

    @property
    def value(self) -> float:
        """The output for the image."""
        return float(self.logits @ np.asarray(LogitSelector.WEIGHTS[self.target], np.float32))

    @property
    def logits(self) -> Array:
        """The two logits [real, fake] (2,) for the image."""
        return self._pass[0]

    def verdict(self) -> Verdict:
        """The detector's verdict, from the same pass that the gradient comes from."""
        return self.detector.verdict_of(*self._pass)

    def random(self) -> torch.Generator:
        """Where a map's random numbers come from: from the seed, and nobody else draws from it."""
        return torch.Generator().manual_seed(self.seed)

    @torch.no_grad()
    def value_at(self, x: Tensor) -> float:
        """The output for another image (1, 3, H, W)."""
        return float(self.network(x).sum())

    def gradients(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Outputs (N,) and gradients (N, 3, H, W) at other images (N, 3, H, W)."""
        points = points.detach().requires_grad_(True)
        out = self.network(points)[:, 0]
        (gradients,) = torch.autograd.grad(out.sum(), points)
        return out.detach(), gradients

    def baseline(self, name: str) -> Tensor:
        """An image (1, 3, H, W) that says nothing: "black", "mean colour", "blurred", or "uniform" noise."""
        if name not in self._baselines:
            self._baselines[name] = baseline(name, self.x, seed=self.seed)
        return self._baselines[name]

    def value_of(self, name: str) -> float:
        """The output for a baseline."""
        if name not in self._values:
            self._values[name] = self.value_at(self.baseline(name))
        return self._values[name]

    def degenerate(self, values: Tensor) -> str | None:
        """Why a map says nothing here, in a sentence; None where it says something."""
        if bool(values.any()):
            return None
        modules = self.detector.model.modules()
        if self.target == "real" and any(isinstance(module, BinaryToTwoLogits) for module in modules):
            return (
                "This detector has one output only: its logit “real” is 0 for every image, so that the map is zero. "
                "Explain the logit “fake” or the margin."
            )
        return "The map is zero everywhere: nothing of this image moves this output by this method."


BASELINES = ("black", "blurred", "mean colour", "uniform")


def baseline(name: str, x: Tensor, *, seed: int = 0) -> Tensor:
    """A baseline for the image `x` (1, 3, H, W): "uniform" is noise in [0, 1] from `seed`.

    Source: Sturmfels et al. 2020, 10.23915/distill.00022.
    """
    if name == "black":
        return torch.zeros_like(x)
    if name == "mean colour":
        return x.mean((2, 3), keepdim=True).expand_as(x).contiguous()
    if name == "uniform":
        return torch.rand(x.shape, generator=torch.Generator().manual_seed(seed))
    size = max(3, x.shape[-1] // 8) | 1
    return gaussian_blur(x, [size] * 2)
