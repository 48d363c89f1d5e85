"""Run the one-pixel attack: differential evolution over places and colours of a few pixels."""

from __future__ import annotations

import torch
from torch import Tensor

from ...detectors.device import ON_CPU
from ...registry import Param
from ...types import Settings
from ..base import ATTACKS, AttackFacts
from ..engine.logits import margin
from ..engine.parameters import steps_param
from ..engine.query import Query

SCALE = 0.5  # how much of the difference of two parents is added to the third


def paint(x: Tensor, genes: Tensor) -> Tensor:
    """Set pixels of x (N, 3, H, W) by genes (P, N, k, 5) of row, column and colour in [0, 1]; (P * N, 3, H, W).

    Colours are multiples of 1/255, so that the saved file is what was asked about.
    """
    people, count, _, _ = genes.shape
    height, width = x.shape[2:]
    rows = (genes[..., 0] * height).long().clamp(0, height - 1)
    columns = (genes[..., 1] * width).long().clamp(0, width - 1)
    out = x.repeat(people, 1, 1, 1).flatten(2)
    place = (rows * width + columns).flatten(0, 1)[:, None].expand(-1, x.shape[1], -1)
    colours = (genes[..., 2:] * 255).round().div(255).flatten(0, 1).transpose(1, 2)
    return out.scatter_(2, place, colours).view(people * count, x.shape[1], height, width)


def _margins(model: Query, x: Tensor, y: Tensor, genes: Tensor) -> Tensor:
    """Return the margins (P, N) of each image's population, asked a few at a time."""
    few = max(1, ON_CPU.outputs // len(x))  # everywhere: after which question an attack ends is a part of the result
    parts = [margin(model(paint(x, part)), y.repeat(len(part))).view(len(part), -1) for part in genes.split(few)]
    return torch.cat(parts)


def _children(genes: Tensor, random: torch.Generator) -> Tensor:
    """Combine a + 0.5 (b - c) of three other members; draw genes outside [0, 1] anew."""
    people = len(genes)
    shifts = torch.rand(people, people - 1, generator=random).argsort(1)[:, :3] + 1  # three different others of each
    others = (torch.arange(people)[:, None] + shifts) % people
    a, b, c = genes[others].unbind(1)
    child = a + SCALE * (b - c)
    fresh = torch.rand(people, 1, *genes.shape[2:], generator=random)
    return torch.where((child < 0) | (child > 1), fresh, child)


def _first(people: int, pixels: int, channels: int, random: torch.Generator) -> Tensor:
    """Draw uniform places and normal colours, N(128, 127) of 255 (Su et al.); (P, 1, k, 2 + C) in [0, 1]."""
    places = torch.rand(people, 1, pixels, 2, generator=random)
    colours = torch.randn(people, 1, pixels, channels, generator=random)
    return torch.cat([places, ((128 + 127 * colours) / 255).clamp(0, 1)], 3)


def _passes(settings: Settings) -> tuple[int, int]:
    return settings["population"] * (settings["steps"] + 1), 0


@ATTACKS.add(
    "one-pixel",
    title="One pixel (or a few)",
    source="Su et al. 2019, arXiv:1710.08864, section III.B; used by Klawikowska et al. 2020",
    params=(
        Param("pixels", 1, low=1, high=50, step=1, help="How many pixels may change. Su et al. take 1, 3 and 5."),
        Param("population", 100, low=4, high=1000, step=10, help="Members of the population. Su et al. take 400."),
        steps_param(30, "Generations. Su et al. take at most 100."),
    ),
    facts=AttackFacts(
        norm="L0",
        access="black",
        budget="pixels",
        presets={
            "su2019": {"population": 400, "steps": 100},
            "klawikowska2020": {"pixels": 1},  # the paper names the attack and gives no more of its settings
        },
        passes=_passes,
    ),
)
@torch.inference_mode()
def one_pixel(model: Query, x: Tensor, y: Tensor, *, pixels: int, population: int, steps: int) -> Tensor:
    """Evolve places and colours of a few pixels, without crossover.

    Ends, for each image, when it is adversarial. Differs: what is drawn is drawn once for the whole batch; a gene that
    leaves its range is drawn anew. Klawikowska et al. name the code they ran; its settings are the preset.

    Args:
        model: the detector, as a query.
        x: images (N, 3, H, W) in [0, 1].
        y: target labels (N,).
        pixels: how many may change.
        population: its members.
        steps: generations.
    """
    genes = _first(population, pixels, x.shape[1], model.generator).expand(-1, len(x), -1, -1).clone()
    margins = _margins(model, x, y, genes)
    for _ in range(steps):
        if model.retire(margins.amin(0) < 0):
            break
        children = _children(genes, model.generator)
        found = _margins(model, x, y, children)
        better = found < margins
        genes, margins = torch.where(better[..., None, None], children, genes), torch.where(better, found, margins)
    chosen = margins.argmin(0)
    return paint(x, genes[chosen, torch.arange(len(x))][None])
