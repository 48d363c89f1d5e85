"""Integrated Gradients: by all nodes of a Gauss-Legendre rule, or by as few nodes as a completeness error needs."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from ...registry import Param
from ...types import Array, QualityMetric
from ..base import EXPLAINERS, completeness_error
from ..context import BASELINES, CHUNK, Context, Figures, Found

LEAST = 8  # nodes before the error is looked at: that of fewer is small by luck too often


@dataclass(slots=True, eq=False)
class Nodes:
    """Points `at` of a path (0 the baseline, 1 the image), the gradients (3, H, W) there, and along the path."""

    at: list[float] = field(default_factory=list)
    gradients: list[Tensor] = field(default_factory=list)
    slopes: list[float] = field(default_factory=list)

    def add(self, at: float, gradient: Tensor, way: Tensor) -> None:
        """One more node; `way` is the image minus the baseline."""
        self.at.append(at)
        self.gradients.append(gradient)
        self.slopes.append(float((gradient.double() * way.double()).sum()))

    def average(self, weights: Array) -> Tensor:
        """The weighted sum of the gradients."""
        return sum(
            (g.double() * float(w) for g, w in zip(self.gradients, weights, strict=True)), torch.zeros(())
        ).float()


def follow(context: Context, start: Tensor, nodes: Nodes, at: Array) -> None:
    """Add the gradients at the points `at` of the path, a few at a time."""
    way = context.x - start
    for first in range(0, len(at), CHUNK):
        some = at[first : first + CHUNK]
        points = start + torch.tensor(some, dtype=start.dtype).view(-1, 1, 1, 1) * way
        for node, gradient in zip(some, context.gradients(points)[1], strict=True):
            nodes.add(float(node), gradient, way[0])


def cells(at: list[float]) -> Array:
    """For points of [0, 1] in any order the lengths of the parts of it that are nearest to each."""
    order = np.argsort(at)
    points = np.asarray(at)[order]
    edges = np.concatenate([[0.0], (points[1:] + points[:-1]) / 2, [1.0]])
    out = np.empty(len(at))
    out[order] = np.diff(edges)
    return out


def halvings(count: int) -> Array:
    """1/2, 1/4, 3/4, 1/8, ...: the van der Corput sequence, whose first points are spread evenly, however many."""
    digits = [np.binary_repr(number)[::-1] for number in range(1, count + 1)]
    return np.array([int(d, 2) / 2 ** len(d) for d in digits])


def corrected(weights: Array, slopes: list[float], change: float) -> Array:
    """`weights` changed as little as makes the slopes' sum the output's whole change along the path.

    The control variate of a sample mean: the mean slope along the path is known to be `change`, so that the gradients
    are regressed on their slope and read off there. The weights still sum to 1.
    Source: Owen 2013, Monte Carlo theory, methods and examples, section 8.9.
    """
    values = np.asarray(slopes)
    mean = float(weights @ values)
    variance = float(weights @ (values - mean) ** 2)
    return weights if variance < 1e-20 else weights * (1 + (change - mean) / variance * (values - mean))


def adaptive(context: Context, start: Tensor, at_start: float, *, most: int, tolerance: float) -> tuple[Nodes, Array]:
    """Nodes, the image itself first (its gradient is there already), until the completeness error is small enough.

    Where `most` nodes do not suffice their weights are corrected: the map's sum is then exact.
    """
    nodes, change = Nodes(), context.value - at_start
    nodes.add(1.0, context.gradient[0], (context.x - start)[0])
    more = halvings(most - 1)
    weights = cells(nodes.at)
    for first in range(0, len(more), CHUNK):
        follow(context, start, nodes, more[first : first + CHUNK])
        weights = cells(nodes.at)
        error = abs(float(weights @ np.asarray(nodes.slopes)) - change)
        if first + CHUNK >= LEAST and error <= tolerance * abs(change):
            return nodes, weights
    return nodes, corrected(weights, nodes.slopes, change)


@EXPLAINERS.add(
    "integrated-gradients",
    title="Integrated Gradients",
    source="Sundararajan et al. 2017, arXiv:1703.01365, eq. 1; baselines: Sturmfels et al. 2020",
    params=(
        Param(
            "steps",
            32,
            low=4,
            high=300,
            step=1,
            help="Nodes of the Gauss-Legendre rule along the path; with a tolerance, the most nodes.",
        ),
        Param("baseline", "black", choices=BASELINES, help="Where the path begins."),
        Param(
            "tolerance",
            0.0,
            low=0.0,
            high=1.0,
            step=0.01,
            help="0: all steps. Above 0: only as many as this completeness error needs; where the steps do not "
            "suffice, their weights are corrected until it is met.",
        ),
    ),
    passes=32,
    quick=True,
    way="gradient",
)
def integrated_gradients(context: Context, *, steps: int, baseline: str, tolerance: float) -> Found:
    """The gradient averaged along the straight path from the baseline, times x - baseline."""
    start = context.baseline(baseline)
    if tolerance > 0:
        nodes, weights = adaptive(context, start, context.value_of(baseline), most=steps, tolerance=tolerance)
    else:
        nodes = Nodes()
        points, doubled = np.polynomial.legendre.leggauss(steps)
        weights = doubled / 2
        follow(context, start, nodes, (1 + points) / 2)
    attribution = nodes.average(weights)[None] * (context.x - start)
    shift = float(np.abs(weights / cells(nodes.at) - 1).max()) if tolerance > 0 else 0.0
    return Found(attribution, lambda: _figures(context, attribution, baseline, len(nodes.at), shift))


def _figures(context: Context, attribution: Tensor, baseline: str, nodes: int, shift: float) -> Figures:
    error = completeness_error(attribution, context.value, context.value_of(baseline))
    return (
        QualityMetric(
            "completeness error",
            error,
            "lower",
            f"How far the map's sum is from the output here minus the output for the baseline ({baseline}); the method "
            "promises 0 in the limit of many steps.",
        ),
        QualityMetric("nodes", float(nodes), "", "How many gradients along the path the map is an average of."),
        QualityMetric(
            "correction",
            shift,
            "lower",
            "By how much a node's weight was changed, at most, to make the map's sum exact: 0 where nothing was "
            "corrected. The completeness error of a corrected map says nothing of its pixels.",
        ),
    )
