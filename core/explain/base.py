"""The registry of explainers and the checked door: lock, eval mode, hooks gone, channels summed, time and honesty."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from ..detectors.base import Detector, Scalar
from ..detectors.care import as_it_was
from ..images import to_tensor, to_uint8
from ..registry import Registry
from ..types import Array, Attribution, Honesty, InputError, Settings, Target, content_id

# An explainer takes the one-output network and one picture (1, 3, H, W) in [0, 1] and returns its attribution
# (1, 3, H, W), signed, with at least one figure of honesty.
Explainer = Callable[..., tuple[Tensor, tuple[Honesty, ...]]]
EXPLAINERS: Registry[Explainer] = Registry("map")

REDUCER = "sum over the three channels"


def run(
    name: str,
    detector: Detector,
    crop: Array,
    settings: Settings | None = None,
    *,
    target: Target = "margin",
    seed: int = 0,
) -> Attribution:
    """The map (H, W) of one crop (H, W, 3), uint8 or float32 in [0, 1]: the very input that the verdict sees.

    `target` is what is explained: the logit "fake", the logit "real", or their margin fake - real.
    Raises `InputError` for an unknown map, target or setting.
    """
    entry = EXPLAINERS[name]
    given = entry.settings(settings)
    if target not in Scalar.WEIGHTS:
        raise InputError(f"the target of a map is one of {', '.join(Scalar.WEIGHTS)}; what came is {target!r}")
    begun = time.perf_counter()
    x = to_tensor(crop)
    with detector.lock, as_it_was(detector.model), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        attribution, honesty = entry.function(Scalar(detector.model, target).eval(), x, **given)
    values = attribution.detach().sum(1)[0].numpy().astype(np.float32)
    return Attribution(
        method=name, settings=given, target=target, of=content_id(to_uint8(crop)), map=values,
        signed=bool(entry.facts.get("signed", True)), honesty=honesty, seconds=time.perf_counter() - begun,
    )  # fmt: skip


def scalar_and_gradient(model: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    """The network's output (N, 1) and its gradient for the input (N, 3, H, W), from one graph."""
    x = x.detach().requires_grad_(True)
    out: Tensor = model(x)
    (gradient,) = torch.autograd.grad(out.sum(), x)
    return out.detach(), gradient


def completeness_error(attribution: Tensor, at_input: float, at_baseline: float) -> float:
    """|sum of the map - (f(x) - f(baseline))| / |f(x) - f(baseline)|: 0 when every bit of the output is accounted for.

    Source: Sundararajan et al. 2017, arXiv:1703.01365, proposition 1.
    """
    change = at_input - at_baseline
    return abs(float(attribution.sum()) - change) / max(abs(change), 1e-6)
