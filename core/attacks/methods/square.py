"""Run the Square attack: random search that asks for logits only."""

from __future__ import annotations

import torch
from torch import Tensor

from ...registry import Param
from ..base import ATTACKS, EPS, AttackFacts
from ..engine.logits import margin, per_image
from ..engine.query import Query

DECREASES = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)  # of 10,000 queries; p is halved after each


def side_of(p: float, query: int, queries: int, height: int, width: int) -> int:
    """Return the side in pixels of the square at a query.

    Args:
        p: the square's share of the image at first, halved along the schedule.
        query: its number, from 0.
        queries: in all.
        height: of the image, in pixels.
        width: of the image, in pixels.
    """
    place = int(query / queries * 10_000)
    share = p / 2 ** sum(place > mark for mark in DECREASES)
    return min(max(round((share * height * width) ** 0.5), 1), height, width)


def _propose(best: Tensor, clean: Tensor, random: torch.Generator, *, eps: float, side: int) -> Tensor:
    """Put one square of a random corner colour on `best`, one draw a batch."""
    height, width = clean.shape[2:]
    top = int(torch.randint(0, height - side + 1, (), generator=random))
    left = int(torch.randint(0, width - side + 1, (), generator=random))
    colour = (torch.randint(0, 2, (1, clean.shape[1], 1, 1), generator=random) * 2 - 1) * eps
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
        Param("p", 0.8, low=0.001, high=1, step=0.05, help="The first square's share of the image."),
    ),
    facts=AttackFacts(
        norm="Linf",
        access="black",
        presets={
            "pinhasov2024": {"eps": 16 / 255, "queries": 5000, "p": 0.8},
        },
        passes=lambda settings: (settings["queries"], 0),
    ),
)
@torch.inference_mode()
def square(model: Query, x: Tensor, y: Tensor, *, eps: float, queries: int, p: float) -> Tensor:
    """Search with shrinking random squares, kept where the margin falls.

    Begins with vertical stripes and ends, for each image, when it is adversarial.

    Args:
        model: the detector, as a query.
        x: images (N, 3, H, W) in [0, 1].
        y: target labels (N,).
        eps: L-inf budget, in [0, 1].
        queries: at most.
        p: the first square's share of the image.
    """
    stripes = (torch.randint(0, 2, (1, x.shape[1], 1, x.shape[3]), generator=model.generator) * 2 - 1) * eps
    best = (x + stripes).clamp(0, 1)
    lowest = margin(model(best), y)
    for query in range(1, queries):
        if model.retire(lowest < 0):
            break
        side = side_of(p, query - 1, queries, *x.shape[2:])
        proposed = _propose(best, x, model.generator, eps=eps, side=side)
        margins = margin(model(proposed), y)
        better = margins < lowest
        best, lowest = torch.where(per_image(better), proposed, best), torch.where(better, margins, lowest)
    return best
