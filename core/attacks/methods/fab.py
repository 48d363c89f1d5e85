"""Run FAB for two classes: project onto the linearised decision boundary within the box."""

from __future__ import annotations

import torch
from torch import Tensor

from ...registry import Param
from ..base import ATTACKS, EPS, AttackFacts
from ..engine.logits import margin, per_image
from ..engine.parameters import each_step, steps_param
from ..engine.query import Query

ETA, BETA, MAX_BIAS = 1.05, 0.9, 0.1  # overshoot, backward step and largest bias of the paper
ROUNDS = 12


def project_in_box(x: Tensor, margins: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor]:
    """Return the smallest L-inf change within [0, 1] that zeroes linear margins, and its size (N,).

    With a change of at most t the margin moves by sum |g| min(t, room), room being how far a pixel may go its way:
    concave in t, so that Newton's steps from 0 reach the answer from below, exactly and soon. Where the box does not
    let the boundary be reached, every pixel goes as far as it can.
    Source: Croce and Hein 2020, arXiv:1907.02044, eq. 7, in closed form for one boundary.
    """
    direction = -gradient.sign() * per_image(margins.sign())
    room = torch.where(direction > 0, 1 - x, x) * direction.abs()
    steep, room_flat = gradient.abs().flatten(1), room.flatten(1)
    size = torch.zeros_like(margins)
    for _ in range(ROUNDS):
        free = steep * (room_flat > size[:, None])
        missing = margins.abs() - (steep * torch.minimum(room_flat, size[:, None])).sum(1)
        slope = free.sum(1)
        more = torch.where(slope > 0, missing.clamp_min(0) / slope.clamp_min(1e-30), 0)
        size = size + more
        if not bool((more > 1e-7).any()):
            break
    size = size.clamp(max=1)
    return direction * torch.minimum(room, per_image(size)), size


@ATTACKS.add(
    "fab",
    title="FAB (L-inf)",
    source="Croce and Hein 2020, arXiv:1907.02044, algorithm 1",
    params=(
        EPS,
        steps_param(100, "Iterations of a run."),
        Param("random_start", False, help="Begin at a random point of half the ball."),
    ),
    facts=AttackFacts(
        norm="Linf",
        access="white",
        minimum_norm=True,
        presets={"croce2020": {"steps": 100}},
        passes=each_step,
    ),
)
def fab(model: Query, x: Tensor, y: Tensor, *, eps: float, steps: int, random_start: bool) -> Tensor:
    """Find the smallest L-inf change to the boundary, biased towards the clean image.

    Differs: two classes have one boundary and need one gradient, and one pass forward and one back an iteration: after
    crossing, the boundary is linearised where it was crossed and not anew after the backward step. Clipped to `eps`.

    Args:
        model: the detector, as a query.
        x: images (N, 3, H, W) in [0, 1].
        y: target labels (N,).
        eps: L-inf budget, which the start keeps to, in [0, 1].
        steps: iterations.
        random_start: begin at a random point of half the ball.
    """
    return search(model, x, y, eps=eps, steps=steps, random_start=random_start)


def search(model: Query, clean: Tensor, y: Tensor, *, eps: float, steps: int, random_start: bool) -> Tensor:
    """Run FAB's iterations; return the nearest adversarial images, `clean` where none was found.

    Args:
        model: the detector, as a query.
        clean: images (N, 3, H, W) in [0, 1].
        y: target labels (N,).
        eps: L-inf budget, which the start keeps to, in [0, 1].
        steps: iterations.
        random_start: begin at a random point of half the ball.
    """
    best, nearest = clean, torch.full((len(clean),), torch.inf)
    at = clean
    if random_start:
        noise = torch.empty_like(clean[:1]).uniform_(-1, 1, generator=model.generator)
        at = (clean + eps / 2 * noise).clamp(0, 1)
    for _ in range(steps):
        at = at.detach().requires_grad_(True)
        margins = margin(model(at), y)
        (gradient,) = torch.autograd.grad(margins.sum(), at)
        at, margins, gradient = at.detach(), margins.detach(), gradient.nan_to_num(0.0, 0.0, 0.0)
        distance = (at - clean).abs().flatten(1).amax(1)
        adversarial = margins < 0
        closer = adversarial & (distance < nearest)
        best, nearest = torch.where(per_image(closer), at, best), torch.where(closer, distance, nearest)
        # The backward step; the margin there is read off the same linearisation.
        moved = torch.where(per_image(adversarial), clean + BETA * (best - clean), at)
        here = margins + (gradient * (moved - at)).flatten(1).sum(1)
        there = margins + (gradient * (clean - at)).flatten(1).sum(1)
        step, size = project_in_box(moved, here, gradient)
        from_clean, clean_size = project_in_box(clean, there, gradient)
        bias = (size / (size + clean_size).clamp_min(1e-12)).clamp(max=MAX_BIAS)
        pulled = per_image(bias) * (clean + ETA * from_clean)
        at = ((1 - per_image(bias)) * (moved + ETA * step) + pulled).clamp(0, 1)
    return best
