"""Run the model-parameter randomisation test: does a map depend on learnt weights?"""

from __future__ import annotations

import copy
import math

import numpy as np
import torch
from torch import Tensor, nn

from ...detectors.detector import Detector
from ...types import InputError, QualityMetric
from ..analysis.similarity import similarity
from .subject import COSTLY_PASSES, RankedMap, Rows, Subject, passes

STAGES = {
    "sanity check": 1.0,
    "sanity check, upper half": 0.5,
}  # share of the layers, from the top, that are randomised


def steps(subject: Subject) -> int:
    """Count one step for each map at each stage."""
    return len(STAGES) * len(subject.attributions)


def measure(subject: Subject) -> Rows:
    """Correlate (Spearman) |map| of the trained with |map| of the randomised network.

    A cascade from the top: the upper half of the layers randomised, then all; a costly map is computed at the last
    stage only. The shared network is never changed.
    Source: Adebayo et al. 2018, arXiv:1810.03292, section 3.
    Differs: two stages; each tensor is sampled from a normal distribution with its own mean square, because fused batch
    normalisation has no initialiser, and the layers' outputs keep their size.
    """
    rows: list[list[QualityMetric]] = [[] for _ in subject.ranked]
    for name, top in STAGES.items():
        detector, layers = randomised(subject.detector, subject.x, top=top, seed=subject.seed)
        for row, one in zip(rows, subject.ranked, strict=True):
            if top == 1 or passes(one.attribution) <= COSTLY_PASSES:
                row.append(_metric(subject, one, name, detector, layers))
            subject.steps.step()
    return [tuple(row) for row in rows]


def randomised(detector: Detector, x: Tensor, *, top: float, seed: int) -> tuple[Detector, int]:
    """Copy a detector with the upper share `top` of its layers randomised; count them.

    Layers are modules with weights of their own that are not all zero, in the order in which an image `x` (1, 3, H, W)
    passes them.

    Args:
        detector: is not changed.
        x: (1, 3, H, W).
        top: in (0, 1].
        seed: of the weights.
    """
    with detector.lock:
        model = copy.deepcopy(detector.model)
    layers = _layers_in_order(model, x)
    chosen = layers[len(layers) - math.ceil(top * len(layers)) :]
    # Not the seed itself: a network that was initialised with it would come out as it began.
    generator = torch.Generator().manual_seed(int(np.random.default_rng(seed).integers(2**62)))
    with torch.no_grad():
        for layer in reversed(chosen):
            for weight in layer.parameters(recurse=False):
                deviation = weight.square().mean().sqrt()
                weight.copy_(torch.randn(weight.shape, generator=generator).to(weight.device) * deviation)
    return Detector(detector.name, model, detector.card), len(chosen)


def _layers_in_order(model: nn.Module, x: Tensor) -> list[nn.Module]:
    """List the layers with weights in the order of their first call."""
    seen: dict[nn.Module, None] = {}
    own = [m for m in model.modules() if any(bool(weight.any()) for weight in m.parameters(recurse=False))]
    hooks = [module.register_forward_pre_hook(lambda module, _: seen.setdefault(module)) for module in own]
    try:
        with torch.inference_mode():
            model.eval()(x)
    finally:
        for hook in hooks:
            hook.remove()
    return list(seen)


def _metric(subject: Subject, one: RankedMap, name: str, detector: Detector, layers: int) -> QualityMetric:
    reason, correlation = one.flat, None
    if not reason and not layers:
        reason = "The network has no layer whose weights could be randomised."
    elif not reason:
        reason, correlation = _compared(subject, one, detector)
    which = "all" if STAGES[name] == 1 else "the upper"
    return QualityMetric(
        name,
        correlation or 0.0,
        "lower",
        f"Rank correlation of the map's absolute values with those of the same network with {which} {layers} layers "
        "randomised: near 0 the map depends on what was learnt there, near 1 on the image, whatever was learnt.",
        reason,
    )


def _compared(subject: Subject, one: RankedMap, detector: Detector) -> tuple[str | None, float | None]:
    """Correlate with the randomised network's map, or say why there is nothing to compare."""
    try:
        other = subject.recompute(one.attribution, detector, subject.crop)
    except InputError:  # of the same crop and settings only what is not finite is refused: random layers may overflow
        return "The randomised network's map is not finite: there is nothing to compare with.", None
    correlation = similarity(np.abs(one.attribution.map), np.abs(other)).rank
    constant = "The randomised network's map is constant: there is nothing to compare with."
    return (constant if correlation is None else None), correlation
