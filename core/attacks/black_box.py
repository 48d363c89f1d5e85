"""Attacks that only ask for logits: NES, Square, and random noise as a control."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ..registry import Param
from .base import ATTACKS, EPS
from .gradient import alpha_param, steps_param
from .losses import to_ball
from .oracle import ask, margin, per_picture, retire

DECREASES = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)  # of 10,000 queries; p is halved after each


def slope(model: nn.Module, x: Tensor, y: Tensor, *, sigma: float, samples: int) -> tuple[Tensor, Tensor]:
    """The margin's gradient (N, 3, H, W) estimated from `samples` queries of each picture, and the largest margin (N,).

    Antithetic Gaussian samples: 1 / (samples sigma) times the sum of (f(x + sigma u) - f(x - sigma u)) u, u drawn once
    for the whole batch. Source: Ilyas et al. 2018, arXiv:1804.08598, algorithm 1; Qiu et al. 2021.
    """
    estimate, worst = torch.zeros_like(x), torch.full((len(x),), -torch.inf)
    for _ in range(samples // 2):
        u = torch.randn_like(x[:1])
        gaps = margin(ask(model, torch.cat([x + sigma * u, x - sigma * u]), x), y.repeat(2)).view(2, -1)
        estimate += per_picture(gaps[0] - gaps[1]) * u
        worst = torch.maximum(worst, gaps.amax(0))
    return estimate / (samples * sigma), worst


@ATTACKS.add(
    "nes",
    title="NES",
    source="Qiu et al. 2021, GECCO Companion, pages 1827 to 1833; Ilyas et al. 2018, arXiv:1804.08598, algorithm 1",
    params=(
        EPS,
        steps_param(100, "Iterations of a run. Pinhasov et al. use at most 100."),
        alpha_param(1),
        Param("samples", 20, low=2, high=200, step=2, help="Queries for one estimate of the gradient; an even number."),
        Param("sigma", 0.01, low=1e-4, high=0.05, step=0.001, help="The spread of the samples about the picture."),
        Param("restarts", 5, low=1, high=20, step=1, help="Runs from new random starts, while not fooled."),
    ),
    norm="Linf",
    box="black",
    presets={"pinhasov2024": {"eps": 16 / 255, "steps": 100, "alpha": 1 / 255, "restarts": 5}},
    passes=lambda s: (s["restarts"] * s["steps"] * (s["samples"] // 2 * 2), 0),
)
@torch.inference_mode()
def nes(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    eps: float,
    steps: int,
    alpha: float,
    samples: int,
    sigma: float,
    restarts: int,
) -> Tensor:
    """Signed steps along gradients that are estimated from queries; x (N, 3, H, W) in [0, 1].

    The first run begins at the picture, the others at random points of the ball. A picture is fooled, and left alone,
    when all samples about it are called the target. Differs: the run keeps to multiples of 1/255 where `alpha` does.
    """
    best, lowest = x, torch.full((len(x),), torch.inf)
    for run in range(restarts):
        start = torch.empty_like(x[:1]).uniform_(-eps, eps) if run else torch.zeros_like(x[:1])
        at = to_ball(x + (start * 255).round() / 255, x, eps)
        for _ in range(steps):
            gradient, worst = slope(model, at, y, sigma=sigma, samples=samples)
            better = worst < lowest
            best, lowest = torch.where(per_picture(better), at, best), torch.where(better, worst, lowest)
            if retire(model, lowest < 0):
                return best
            at = to_ball(at - alpha * gradient.sign(), x, eps)
    return best


def side_of(p: float, query: int, queries: int, height: int, width: int) -> int:
    """The side in pixels of the square at a query: its area is p of the picture, p halved along the schedule."""
    place = int(query / queries * 10_000)
    share = p / 2 ** sum(place > mark for mark in DECREASES)
    return min(max(round((share * height * width) ** 0.5), 1), height, width)


def _propose(best: Tensor, clean: Tensor, *, eps: float, side: int) -> Tensor:
    """`best` with one square, a colour of the ball's corners in each channel, drawn once for the whole batch."""
    height, width = clean.shape[2:]
    top = int(torch.randint(0, height - side + 1, ()))
    left = int(torch.randint(0, width - side + 1, ()))
    colour = (torch.randint(0, 2, (1, 3, 1, 1)) * 2 - 1) * eps
    window = (..., slice(top, top + side), slice(left, left + side))
    proposed = best.clone()
    proposed[window] = (clean[window] + colour).clamp(0, 1)
    return proposed


@ATTACKS.add(
    "square",
    title="Square",
    source="Andriushchenko et al. 2020, arXiv:1912.00049, algorithms 1 and 2",
    params=(
        EPS,
        Param("queries", 5000, low=1, high=20000, step=100, help="Queries at most. Pinhasov et al. use 5,000."),
        Param("p", 0.8, low=0.001, high=1, step=0.05, help="The first square's share of the picture."),
    ),
    norm="Linf",
    box="black",
    presets={
        "pinhasov2024": {"eps": 16 / 255, "queries": 5000, "p": 0.8},
    },
    passes=lambda settings: (settings["queries"], 0),
)
@torch.inference_mode()
def square(model: nn.Module, x: Tensor, y: Tensor, *, eps: float, queries: int, p: float) -> Tensor:
    """Random search with squares that shrink, kept where the margin falls; x (N, 3, H, W) in [0, 1].

    Begins with vertical stripes and ends, for each picture, when it is fooled.
    """
    stripes = (torch.randint(0, 2, (1, 3, 1, x.shape[3])) * 2 - 1) * eps
    best = (x + stripes).clamp(0, 1)
    lowest = margin(model(best), y)
    for query in range(1, queries):
        if retire(model, lowest < 0):
            break
        side = side_of(p, query - 1, queries, *x.shape[2:])
        proposed = _propose(best, x, eps=eps, side=side)
        gap = margin(model(proposed), y)
        better = gap < lowest
        best, lowest = torch.where(per_picture(better), proposed, best), torch.where(better, gap, lowest)
    return best


def _draw(shape: Any, kind: str) -> Tensor:
    noise = torch.empty(shape).uniform_(-1, 1)
    return noise.sign() if kind == "signs" else noise


@ATTACKS.add(
    "noise",
    title="Random noise (a control)",
    source="A control: what the budget does without any search",
    params=(
        EPS,
        Param("kind", "signs", choices=("signs", "uniform"), help="Each channel by plus or minus eps, or in between."),
        Param("tries", 1, low=1, high=1000, step=1, help="Draws; the one that fools most is kept. 1 asks nothing."),
    ),
    norm="Linf",
    box="control",
    presets={},
    passes=lambda settings: (settings["tries"] if settings["tries"] > 1 else 0, 0),
)
@torch.inference_mode()
def noise(model: nn.Module, x: Tensor, y: Tensor, *, eps: float, kind: str, tries: int) -> Tensor:
    """Noise of the same L-inf norm as the attacks, the best of `tries`; x (N, 3, H, W) in [0, 1]."""
    best, lowest = x, torch.full((len(x),), torch.inf)
    for _ in range(tries):
        drawn = (x + eps * _draw(x[:1].shape, kind)).clamp(0, 1)
        if tries == 1:
            return drawn
        gap = margin(model(drawn), y)
        better = gap < lowest
        best, lowest = torch.where(per_picture(better), drawn, best), torch.where(better, gap, lowest)
    return best
