"""Share one image's passes through one detector among several maps."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from ..detectors.architectures.layers import BinaryToTwoLogits
from ..detectors.detector import Detector
from ..detectors.inference_queue import give_way
from ..detectors.networks.outputs import LogitSelector, penultimate_inputs
from ..progress import NO_PROGRESS, Progress
from ..types import Array, QualityMetric, Target, Verdict

Metrics = tuple[QualityMetric, ...]
CHUNK = 4  # images of a step whose number, or whose random draws, are a part of the result


@dataclass(frozen=True, slots=True, eq=False)
class RawAttribution:
    """Hold what an explainer returns.

    values: (1, C, H, W), signed.
    quality: measures the map's metrics; called only on demand, as some need further passes.
    """

    values: Tensor
    quality: Callable[[], Metrics]


class StoppableNetwork(LogitSelector):
    """Stop or give way before each pass of the one-output network."""

    def __init__(self, model: nn.Module, target: str, progress: Progress) -> None:
        super().__init__(model, target)
        self.progress = progress

    def forward(self, x: Tensor) -> Tensor:
        """Run the pass once it is its turn, or raise `StopRequested`."""
        self.progress.check_stop()
        give_way()
        return super().forward(x)


class AttributionContext:
    """Hold the network (N, 3, H, W) -> (N, 1), the image `x` (1, 3, H, W) in [0, 1], and shared results.

    Use only in a turn of the detector's lock and with the model in eval mode. `backward_passes`: how many backward
    passes through the verdict's graph will be requested; the graph is freed after the last, and a further request
    repeats the forward pass. `progress` is asked before each pass whether to stop; set it before the first map.
    """

    def __init__(
        self,
        detector: Detector,
        x: Tensor,
        target: Target,
        *,
        seed: int = 0,
        backward_passes: int = 1,
    ) -> None:
        self.detector, self.x, self.target, self.seed = detector, x.detach(), target, seed
        self.backward_passes, self.progress = backward_passes, NO_PROGRESS
        self._graph: tuple[Tensor, Tensor] | None = None
        self._values: dict[str, float] = {}
        self._baselines: dict[str, Tensor] = {}

    @cached_property
    def network(self) -> StoppableNetwork:
        """Return the detector with one output (N, 1)."""
        return StoppableNetwork(self.detector.model, self.target, self.progress)

    @cached_property
    def _pass(self) -> tuple[Array, Array]:
        """Compute the logits (2,) and the penultimate layer's activation (D,)."""
        with penultimate_inputs(self.detector.model) as seen:
            _, logits = self._forward()
        return logits.detach()[0].numpy(), seen[0].detach()[0].cpu().numpy()

    def _forward(self) -> tuple[Tensor, Tensor]:
        """Compute the logits (1, 2), with the graph from the input (1, 3, H, W)."""
        self.progress.check_stop()
        x = self.x.detach().requires_grad_(True)
        self._graph = x, self.detector.model(x)
        return self._graph

    def backward(self, guide: Callable[[Tensor], AbstractContextManager[None]] | None = None) -> Tensor:
        """Compute the output's gradient (1, 3, H, W) through the verdict's own graph.

        `guide`: a context manager that may alter the backward pass.
        """
        self.logits  # noqa: B018 (the pass of the verdict comes first)
        x, logits = self._graph or self._forward()
        self.backward_passes -= 1
        head = torch.tensor([LogitSelector.WEIGHTS[self.target]])
        with guide(logits) if guide else nullcontext():
            (gradient,) = torch.autograd.grad(logits, x, head, retain_graph=self.backward_passes > 0)
        if self.backward_passes <= 0:
            self._graph = None
        return gradient

    @cached_property
    def gradient(self) -> Tensor:
        """Return the output's gradient with respect to the image (1, 3, H, W)."""
        return self.backward()

    @property
    def value(self) -> float:
        """Return the output for the image."""
        return float(self.logits @ np.asarray(LogitSelector.WEIGHTS[self.target], np.float32))

    @property
    def logits(self) -> Array:
        """Return the logits [real, fake] (2,) for the image."""
        return self._pass[0]

    def verdict(self) -> Verdict:
        """Return the detector's verdict, from the pass that the gradient comes from."""
        return self.detector.verdict_of(*self._pass)

    def random(self) -> torch.Generator:
        """Return a generator from the seed, which nobody else draws from."""
        return torch.Generator().manual_seed(self.seed)

    @torch.no_grad()
    def value_at(self, x: Tensor) -> float:
        """Compute the output for another image (1, 3, H, W)."""
        return float(self.network(x).sum())

    def gradients(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Compute outputs (N,) and gradients (N, 3, H, W) at other images (N, 3, H, W)."""
        points = points.detach().requires_grad_(True)
        out = self.network(points)[:, 0]
        (gradients,) = torch.autograd.grad(out.sum(), points)
        return out.detach(), gradients

    def baseline(self, name: str) -> Tensor:
        """Return an uninformative image (1, 3, H, W), one of `BASELINES`."""
        if name not in self._baselines:
            self._baselines[name] = baseline(name, self.x, seed=self.seed)
        return self._baselines[name]

    def baseline_value(self, name: str) -> float:
        """Return the output for a baseline."""
        if name not in self._values:
            self._values[name] = self.value_at(self.baseline(name))
        return self._values[name]

    def degenerate(self, values: Tensor) -> str | None:
        """Say why a map is zero everywhere; None where it is not."""
        if bool(values.any()):
            return None
        modules = self.detector.model.modules()
        if self.target == "real" and any(isinstance(module, BinaryToTwoLogits) for module in modules):
            return (
                "This detector has one output only: its output “not manipulated” is 0 for every image, so that the "
                "map is zero. Explain the output “manipulated” or the margin."
            )
        return "The map is zero everywhere: nothing of this image moves this output by this method."


BASELINES = ("black", "blurred", "mean colour", "uniform")


def baseline(name: str, x: Tensor, *, seed: int = 0) -> Tensor:
    """Make a baseline for the image `x` (1, 3, H, W).

    `name`: one of `BASELINES`; "uniform" is noise in [0, 1] from `seed`.
    Source: Sturmfels et al. 2020, 10.23915/distill.00022.
    """
    if name == "black":
        return torch.zeros_like(x)
    if name == "mean colour":
        return x.mean((2, 3), keepdim=True).expand_as(x).contiguous()
    if name == "uniform":
        return torch.rand(x.shape, generator=torch.Generator().manual_seed(seed))
    from torchvision.transforms.functional import gaussian_blur  # here: a second to import

    size = max(3, x.shape[-1] // 8) | 1
    return gaussian_blur(x, [size] * 2)
