"""Compute Guided Backprop on the graph of the verdict's own pass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from torch import Tensor
from torch.autograd.graph import Node

from ...registry import Param
from ...types import QualityMetric
from ..base import EXPLAINERS, MapFacts
from ..context import AttributionContext, Metrics, RawAttribution

# What the steps back through activations are called in a graph of PyTorch's.
FORMS: dict[str, tuple[str, ...]] = {
    "relu": ("ReluBackward0", "HardtanhBackward0"),  # Hardtanh: what ReLU6 is in the graph
    "silu": (
        "ReluBackward0",
        "HardtanhBackward0",
        "LeakyReluBackward0",
        "SiluBackward0",
        "GeluBackward0",
        "EluBackward0",
    ),
}
NO_RELU = (
    "This detector has no ReLU: the map is the plain gradient. The SiLU form guides the activations that it does have."
)


def activations(out: Tensor, kinds: tuple[str, ...]) -> list[Node]:
    """Find the backward nodes of these kinds in the graph of `out`."""
    seen: set[Node] = set()
    left = [out.grad_fn]
    while left:
        node = left.pop()
        if node is not None and node not in seen:
            seen.add(node)
            left += [before for before, _ in node.next_functions]
    return [node for node in seen if node.name() in kinds]


def _only_positive(inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return tuple(gradient.clamp(min=0) for gradient in inputs)


@contextmanager
def guiding(steps: list[Node]) -> Iterator[None]:
    """Let only positive gradients leave these nodes, without hooks on the network."""
    handles = [step.register_hook(_only_positive) for step in steps]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@EXPLAINERS.add(
    "guided-backprop",
    title="Guided Backprop",
    source="Springenberg et al. 2015, arXiv:1412.6806; captum",
    params=(
        Param(
            "form",
            "relu",
            choices=tuple(FORMS),
            help="Which activations are guided: ReLU only, as in the paper; or every ReLU, LeakyReLU and SiLU, which "
            "is our own extension to detectors such as EfficientNet.",
        ),
    ),
    facts=MapFacts(passes=1, quick=True, backward="guided"),
)
def guided_backprop(context: AttributionContext, *, form: str) -> RawAttribution:
    """Compute the gradient with negative signals stopped at each ReLU.

    Differs: the gradient through the ReLU itself is stopped, before it is added to that of a shortcut which leaves from
    the ReLU's input; captum stops the sum of both. In the SiLU form the negative gradient for the input of every
    activation is stopped, its own derivative included (that of a SiLU is negative below -1.28).
    """
    context.progress.check_stop()
    found: list[Node] = []

    def guide(out: Tensor) -> AbstractContextManager[None]:
        found.extend(activations(out, FORMS[form]))
        return guiding(found)

    attribution = context.backward(guide)
    return RawAttribution(
        attribution, lambda: _agreement(context, attribution, None if found or form != "relu" else NO_RELU)
    )


def _agreement(context: AttributionContext, attribution: Tensor, plain: str | None) -> Metrics:
    from scipy.stats import spearmanr  # here: half a second to import

    ours, gradient = attribution.sum(1).flatten(), context.gradient.sum(1).flatten()
    constant = bool((ours == ours[0]).all() or (gradient == gradient[0]).all())  # no ranks: as for a logit always 0
    agreement = float("nan") if constant else float(spearmanr(ours, gradient).statistic)
    return (
        QualityMetric(
            "rank agreement with the gradient",
            agreement,
            "",
            "Spearman's correlation with the plain gradient: 1 means that guiding changed nothing (a network without "
            "ReLU), near 0 that the map shows edges of the image rather than the detector (Adebayo et al. 2018).",
            plain,
        ),
    )
