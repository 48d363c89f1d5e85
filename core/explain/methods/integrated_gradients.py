"""Compute Integrated Gradients with fixed or adaptive nodes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from ...detectors.device import pass_sizes
from ...registry import Param
from ...types import Array, QualityMetric
from ..base import EXPLAINERS, MapFacts, completeness_error
from ..context import BASELINES, CHUNK, AttributionContext, Metrics, RawAttribution

MIN_NODES = 8  # nodes before the error is looked at: that of fewer is small by luck too often


@dataclass(slots=True, eq=False)
class Nodes:
    """Hold the nodes of a path: positions, gradients, slopes.

    at: 0 the baseline, 1 the image; gradients: (3, H, W) each; slopes: along the path.
    """

    at: list[float] = field(default_factory=list)
    gradients: list[Tensor] = field(default_factory=list)
    slopes: list[float] = field(default_factory=list)

    def add(self, at: float, gradient: Tensor, difference: Tensor) -> None:
        """Add one node; `difference` is the image minus the baseline."""
        self.at.append(at)
        self.gradients.append(gradient)
        self.slopes.append(float((gradient.double() * difference.double()).sum()))

    def average(self, weights: Array) -> Tensor:
        """Return the weighted sum of the gradients."""
        return sum(
            (g.double() * float(w) for g, w in zip(self.gradients, weights, strict=True)), torch.zeros(())
        ).float()


def add_gradients(context: AttributionContext, start: Tensor, nodes: Nodes, at: Array) -> None:
    """Add the gradients at the positions `at` of the path.

    Args:
        context: of the image.
        start: baseline (1, 3, H, W).
        nodes: are extended.
        at: (N,) in [0, 1].
    """
    difference = context.x - start
    size = pass_sizes(context.detector.model).maps
    for first in range(0, len(at), size):
        some = at[first : first + size]
        points = start + torch.tensor(some, dtype=start.dtype).view(-1, 1, 1, 1) * difference
        for node, gradient in zip(some, context.gradients(points)[1], strict=True):
            nodes.add(float(node), gradient, difference[0])


def cells(at: list[float]) -> Array:
    """Return the length of the part of [0, 1] nearest to each position."""
    order = np.argsort(at)
    points = np.asarray(at)[order]
    edges = np.concatenate([[0.0], (points[1:] + points[:-1]) / 2, [1.0]])
    out = np.empty(len(at))
    out[order] = np.diff(edges)
    return out


def halvings(count: int) -> Array:
    """Return 1/2, 1/4, 3/4, 1/8, ...: the van der Corput sequence.

    Its first points are evenly spaced, however many are taken.
    """
    digits = [np.binary_repr(number)[::-1] for number in range(1, count + 1)]
    return np.array([int(d, 2) / 2 ** len(d) for d in digits])


def corrected(weights: Array, slopes: list[float], change: float) -> Array:
    """Correct `weights` minimally so that the slopes' sum is the output's change.

    The control variate of a sample mean: the mean slope along the path is known to be `change`, so that the gradients
    are regressed on their slope and read off there. The weights still sum to 1.
    Source: Owen 2013, Monte Carlo theory, methods and examples, section 8.9.
    """
    values = np.asarray(slopes)
    mean = float(weights @ values)
    variance = float(weights @ (values - mean) ** 2)
    return weights if variance < 1e-20 else weights * (1 + (change - mean) / variance * (values - mean))


def adaptive(
    context: AttributionContext, start: Tensor, at_start: float, *, max_nodes: int, tolerance: float
) -> tuple[Nodes, Array]:
    """Add nodes, the image first, until the completeness error is within tolerance.

    Where `max_nodes` do not suffice their weights are corrected: the map's sum is then exact.

    Args:
        context: of the image.
        start: baseline (1, 3, H, W).
        at_start: output for the baseline.
        max_nodes: at least 1.
        tolerance: of the completeness error, relative.
    """
    nodes, change = Nodes(), context.value - at_start
    nodes.add(1.0, context.gradient[0], (context.x - start)[0])
    more = halvings(max_nodes - 1)
    weights = cells(nodes.at)
    for first in range(0, len(more), CHUNK):
        add_gradients(context, start, nodes, more[first : first + CHUNK])
        weights = cells(nodes.at)
        error = abs(float(weights @ np.asarray(nodes.slopes)) - change)
        if first + CHUNK >= MIN_NODES and error <= tolerance * abs(change):
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
    facts=MapFacts(passes=32, quick=True, backward="gradient"),
)
def integrated_gradients(context: AttributionContext, *, steps: int, baseline: str, tolerance: float) -> RawAttribution:
    """Average the gradient along the straight path from the baseline, times x - baseline.

    Args:
        context: of the image.
        steps: nodes, or the most nodes.
        baseline: one of `BASELINES`.
        tolerance: 0 for all steps, else of the completeness error.
    """
    start = context.baseline(baseline)
    if tolerance > 0:
        nodes, weights = adaptive(
            context, start, context.baseline_value(baseline), max_nodes=steps, tolerance=tolerance
        )
    else:
        nodes = Nodes()
        points, doubled = np.polynomial.legendre.leggauss(steps)
        weights = doubled / 2
        add_gradients(context, start, nodes, (1 + points) / 2)
    attribution = nodes.average(weights)[None] * (context.x - start)
    shift = float(np.abs(weights / cells(nodes.at) - 1).max()) if tolerance > 0 else 0.0
    return RawAttribution(attribution, lambda: _metrics(context, attribution, baseline, len(nodes.at), shift))


def _metrics(context: AttributionContext, attribution: Tensor, baseline: str, nodes: int, shift: float) -> Metrics:
    error = completeness_error(attribution, context.value, context.baseline_value(baseline))
    return (
        QualityMetric(
            "completeness error",
            error,
            "lower",
            f"How far the map's sum is from the output here minus the output for the baseline ({baseline}); the method "
            "guarantees 0 in the limit of many steps.",
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
