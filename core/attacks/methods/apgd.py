"""Run Auto-PGD: signed gradient steps with momentum, whose size is halved when progress stalls."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ...registry import Param
from ...types import Settings
from ..base import ATTACKS, EPS, AttackFacts
from ..engine.logits import per_image
from ..engine.losses import LOSS, input_gradient, loss_of
from ..engine.parameters import steps_param
from ..engine.projection import linf_bounds
from ..engine.query import Query

MOMENTUM, MIN_IMPROVED = 0.75, 0.75  # alpha and rho of the paper

RESTARTS = Param("restarts", 5, low=1, high=20, step=1, help="Runs from new random starts, until one succeeds.")


def checkpoints(steps: int) -> list[int]:
    """List the iterations at which the step is reconsidered.

    p_j+1 = p_j + max(p_j - p_j-1 - 0.03, 0.06), from 0 and 0.22.
    """
    p, marks = [0.0, 0.22], []
    while p[-1] <= 1:
        p.append(p[-1] + max(p[-1] - p[-2] - 0.03, 0.06))
        marks.append(max(1, int(p[-2] * steps + 0.999999)))
    return marks


@dataclass(slots=True)
class _RunState:
    """Hold where each image's run stands; tensors (N,) or (N, 3, H, W)."""

    x: Tensor
    gradient: Tensor
    loss: Tensor
    step: Tensor
    improved: Tensor  # how often the loss fell since the last checkpoint
    loss_then: Tensor  # the best loss at the last checkpoint
    step_then: Tensor

    def keep(self, x: Tensor, gradient: Tensor, loss: Tensor) -> None:
        better = loss < self.loss
        if not bool(better.any()):
            return
        if bool(better.all()):
            self.x, self.gradient, self.loss = x, gradient, loss
            return
        self.loss = torch.where(better, loss, self.loss)
        self.x = torch.where(per_image(better), x, self.x)
        self.gradient = torch.where(per_image(better), gradient, self.gradient)

    def reconsider(self, since: int) -> Tensor:
        """Halve the step where it oscillates or nothing was gained with it; returns where (N,)."""
        seldom = self.improved < MIN_IMPROVED * since
        stuck = (self.step_then == self.step) & (self.loss_then <= self.loss)
        halve = seldom | stuck
        self.step_then, self.loss_then = self.step, self.loss
        self.step = torch.where(halve, self.step / 2, self.step)
        self.improved = torch.zeros_like(self.improved)
        return halve


def one_run(model: Query, clean: Tensor, y: Tensor, *, eps: float, steps: int, loss: str) -> tuple[Tensor, Tensor]:
    """Run once from a random start; return the images of the lowest loss.

    Args:
        model: the detector, as a query.
        clean: images (N, 3, H, W) in [0, 1].
        y: target labels (N,).
        eps: L-inf budget, in [0, 1].
        steps: how many gradients; one more pass forward is for the last image.
        loss: see `loss_of`.

    Returns:
        Images (N, 3, H, W), and their loss (N,).
    """
    noise = torch.empty_like(clean[:1]).uniform_(-1, 1, generator=model.generator)
    x = (clean + eps * noise / noise.abs().max()).clamp(0, 1)
    gradient, value, _ = input_gradient(model, x, y, loss)
    full = torch.full_like(value, 2 * eps)
    run = _RunState(x, gradient, value, full, torch.zeros_like(value), value, full.clone())
    before, marks, last_mark, (low, high) = x, checkpoints(steps), 0, linf_bounds(clean, eps)
    for k in range(1, steps + 1):
        moved = gradient.sign().mul_(per_image(-run.step)).add_(x).clamp_(low, high)
        if k > 1:  # x + a (moved - x) + (1 - a) (x - before)
            moved.mul_(MOMENTUM).add_(x, alpha=2 - 2 * MOMENTUM).sub_(before, alpha=1 - MOMENTUM).clamp_(low, high)
        before, x = x, moved
        previous = value
        if k == steps:  # nothing is done with a gradient here
            with torch.no_grad():
                value = loss_of(model(x), y, loss)
        else:
            gradient, value, _ = input_gradient(model, x, y, loss)
        run.improved = run.improved + (value < previous)
        run.keep(x, gradient, value)
        if k in marks:
            halved = per_image(run.reconsider(k - last_mark))
            x, gradient = torch.where(halved, run.x, x), torch.where(halved, run.gradient, gradient)
            value, last_mark = torch.where(halved[:, 0, 0, 0], run.loss, value), k
    return run.x, run.loss


def passes(settings: Settings) -> tuple[int, int]:
    """Count the forward and backward passes at most."""
    return settings["restarts"] * (settings["steps"] + 1), settings["restarts"] * settings["steps"]


@ATTACKS.add(
    "apgd",
    title="APGD",
    source="Croce and Hein 2020, arXiv:2003.01690, algorithm 1",
    params=(
        EPS,
        steps_param(100, "Iterations of a run. Pinhasov et al. use 100."),
        RESTARTS,
        Param("loss", "cross-entropy", choices=tuple(LOSS.choices), help=LOSS.help),
    ),
    facts=AttackFacts(
        norm="Linf",
        access="white",
        bf16=True,
        presets={"pinhasov2024": {"eps": 16 / 255, "steps": 100, "restarts": 5, "loss": "cross-entropy"}},
        passes=passes,
    ),
)
def apgd(model: Query, x: Tensor, y: Tensor, *, eps: float, steps: int, restarts: int, loss: str) -> Tensor:
    """Run Auto-PGD, which has no step size to choose.

    Differs: targeted, with the loss minimised. An image that a run made adversarial is not restarted.

    Args:
        model: the detector, as a query.
        x: images (N, 3, H, W) in [0, 1].
        y: target labels (N,).
        eps: L-inf budget, in [0, 1].
        steps: iterations of a run.
        restarts: runs at most.
        loss: see `loss_of`.
    """
    best, lowest = x, torch.full((len(x),), torch.inf)
    for _ in range(restarts):
        found, value = one_run(model, x, y, eps=eps, steps=steps, loss=loss)
        better = value < lowest
        best, lowest = torch.where(per_image(better), found, best), torch.where(better, value, lowest)
        if model.retire(adversarial(lowest, y, loss)):
            break
    return best


def adversarial(value: Tensor, y: Tensor, loss: str) -> Tensor:
    """Tell which losses (N,) are surely of images that are predicted the target.

    With more than two classes some others are as well.
    """
    if loss == "margin":
        return value < 0.0
    half = torch.tensor(2.0).log()
    return value < torch.where(y < 0, -half, half)
