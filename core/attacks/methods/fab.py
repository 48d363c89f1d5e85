"""FAB for two classes: the smallest L-inf change, by projections onto the linearised border within the box."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...registry import Param
from ..base import ATTACKS, EPS
from ..engine.counted_model import margin, per_picture
from ..engine.parameters import each_step, steps_param

ETA, BETA, MOST = 1.05, 0.9, 0.1  # overshoot, backward step and largest bias of the paper
ROUNDS = 12


def onto_border(x: Tensor, gap: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor]:
    """The smallest L-inf change of x, within [0, 1], that takes a linear margin `gap` (N,) to zero, and its size (N,).

    With a change of at most t the margin moves by sum |g| min(t, room), room being how far a pixel may go its way:
    concave in t, so that Newton's steps from 0 reach the answer from below, exactly and soon. Where the box does not
    let the border be reached, every pixel goes as far as it can.
    Source: Croce and Hein 2020, arXiv:1907.02044, eq. 7, in closed form for one border.
    """
    way = -gradient.sign() * per_picture(gap.sign())
    room = torch.where(way > 0, 1 - x, x) * way.abs()
    steep, room_flat = gradient.abs().flatten(1), room.flatten(1)
    size = torch.zeros_like(gap)
    for _ in range(ROUNDS):
        free = steep * (room_flat > size[:, None])
        missing = gap.abs() - (steep * torch.minimum(room_flat, size[:, None])).sum(1)
        slope = free.sum(1)
        more = torch.where(slope > 0, missing.clamp_min(0) / slope.clamp_min(1e-30), 0)
        size = size + more
        if not bool((more > 1e-7).any()):
            break
    size = size.clamp(max=1)
    return way * torch.minimum(room, per_picture(size)), size


@ATTACKS.add(
    "fab",
    title="FAB (L-inf)",
    source="Croce and Hein 2020, arXiv:1907.02044, algorithm 1",
    params=(
        EPS,
        steps_param(100, "Iterations of a run."),
        Param("random_start", False, help="Begin at a random point of half the ball."),
    ),
    norm="Linf",
    box="white",
    least=True,
    presets={"croce2020": {"steps": 100}},
    passes=each_step,
)
def fab(model: nn.Module, x: Tensor, y: Tensor, *, eps: float, steps: int, random_start: bool) -> Tensor:
    """The smallest L-inf change to the border, biased towards the picture x (N, 3, H, W) in [0, 1].

    Differs: two classes have one border and need one gradient, and one pass forward and one back an iteration: after
    crossing, the border is linearised where it was crossed and not anew after the backward step. Cut to `eps`.
    """
    return search(model, x, y, eps=eps, steps=steps, random_start=random_start)


def search(model: nn.Module, clean: Tensor, y: Tensor, *, eps: float, steps: int, random_start: bool) -> Tensor:
    """FAB's iterations; the fooled pictures (N, 3, H, W) nearest to `clean`, or `clean` where none was found."""
    best, nearest = clean, torch.full((len(clean),), torch.inf)
    at = clean
    if random_start:
        at = (clean + eps / 2 * torch.empty_like(clean[:1]).uniform_(-1, 1)).clamp(0, 1)
    for _ in range(steps):
        at = at.detach().requires_grad_(True)
        gap = margin(model(at), y)
        (gradient,) = torch.autograd.grad(gap.sum(), at)
        at, gap, gradient = at.detach(), gap.detach(), gradient.nan_to_num(0.0, 0.0, 0.0)
        distance = (at - clean).abs().flatten(1).amax(1)
        fooled = gap < 0
        closer = fooled & (distance < nearest)
        best, nearest = torch.where(per_picture(closer), at, best), torch.where(closer, distance, nearest)
        # The backward step; the margin there is read off the same linearisation.
        moved = torch.where(per_picture(fooled), clean + BETA * (best - clean), at)
        here = gap + (gradient * (moved - at)).flatten(1).sum(1)
        there = gap + (gradient * (clean - at)).flatten(1).sum(1)
        step, size = onto_border(moved, here, gradient)
        from_clean, clean_size = onto_border(clean, there, gradient)
        bias = (size / (size + clean_size).clamp_min(1e-12)).clamp(max=MOST)
        pulled = per_picture(bias) * (clean + ETA * from_clean)
        at = ((1 - per_picture(bias)) * (moved + ETA * step) + pulled).clamp(0, 1)
    return best
