"""Call captum, zennit and shap as their manuals say."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import shap
import torch
from captum.attr import (
    GuidedBackprop,
    InputXGradient,
    IntegratedGradients,
    LayerAttribution,
    LayerGradCam,
    NoiseTunnel,
    Occlusion,
    Saliency,
)
from torch import Tensor, nn
from zennit.canonizers import AttributeCanonizer
from zennit.composites import EpsilonAlpha2Beta1Flat, EpsilonGammaBox, EpsilonPlusFlat
from zennit.core import BasicHook
from zennit.layer import Sum
from zennit.rules import ClampMod, Norm, Pass

from ..detectors.architectures.layers import Add, BinaryToTwoLogits, Multiply, Normalize
from ..detectors.detector import Detector
from ..detectors.networks.outputs import LogitSelector
from ..explain.methods.lrp import Gated
from ..explain.methods.shap_values import background
from ..types import FAKE, REAL

STABILISER = 1e-6  # zennit's stabiliser
STEPS = 50  # captum's default


def _attributes(_: str, module: nn.Module) -> dict[str, Any] | None:
    """Replace sums by zennit's layer, so that Norm applies; products pass their gate by."""
    if isinstance(module, Add):
        total = Sum()
        return {"forward": lambda a, b: total(torch.stack([a, b], -1)), "canonizer_sum": total}
    if isinstance(module, Multiply):
        return {"forward": Gated().forward}
    return None


def _by_sign(relevance: Tensor, outputs: list[Tensor]) -> list[Tensor]:
    positive, negative = outputs[0] + outputs[1], outputs[2] + outputs[3]
    above = positive + negative >= 0
    up = torch.where(above, relevance / (positive + STABILISER), 0)
    down = torch.where(above, 0, relevance / (negative - STABILISER))
    return [up, up, down, down]


class ZSign(BasicHook):  # type: ignore[misc]
    """Hook our rule for depthwise convolutions (`lrp_rules.z_sign`) into zennit."""

    def __init__(self) -> None:
        keep: list[str] = []
        drop = ["bias"]
        super().__init__(
            input_modifiers=[lambda x: x.clamp(min=0), lambda x: x.clamp(max=0)] * 2,
            param_modifiers=[
                ClampMod(min=0.0, zero_params=keep),
                ClampMod(max=0.0, zero_params=drop),
                ClampMod(max=0.0, zero_params=keep),
                ClampMod(min=0.0, zero_params=drop),
            ],
            gradient_mapper=_by_sign,
            reducer=lambda inputs, gradients: sum(x * g for x, g in zip(inputs, gradients, strict=True)),
        )


def composite(name: str, model: nn.Module) -> Any:
    """Make zennit's composite for our layers.

    It covers sums, gates, normalisation and the first layers of parallel branches.
    """
    facts: dict[str, Any] = {
        "layer_map": [(Normalize, Pass()), (BinaryToTwoLogits, Norm())],
        "canonizers": [AttributeCanonizer(_attributes)],
    }
    if name == "epsilon-gamma-box":
        normalize = next((module for module in model.modules() if isinstance(module, Normalize)), nn.Identity())
        facts |= {"low": normalize(torch.zeros(1, 3, 1, 1)), "high": normalize(torch.ones(1, 3, 1, 1))}
    base = {
        "epsilon-plus-flat": EpsilonPlusFlat,
        "epsilon-alpha2-beta1-flat": EpsilonAlpha2Beta1Flat,
        "epsilon-gamma-box": EpsilonGammaBox,
    }[name]

    class Ours(base):  # type: ignore[misc, valid-type]
        def mapping(self, ctx: dict[str, Any], name_: str, module: nn.Module) -> Any:
            if isinstance(module, nn.Conv2d) and module.in_channels == 3:
                ctx["first_layer_visited"] = False
            elif isinstance(module, nn.Conv2d) and module.groups > 1 and name == "epsilon-plus-flat":
                return ZSign()
            return super().mapping(ctx, name_, module)

    return Ours(**facts)


def zennit_lrp(detector: Detector, x: Tensor, rule: str = "epsilon-plus-flat") -> Tensor:
    """Compute LRP by zennit, which hooks and unhooks the model at each call."""
    model = LogitSelector(detector.model, "margin").eval()
    x = x.detach().clone().requires_grad_(True)
    with detector.lock, composite(rule, model).context(model) as changed:
        out = changed(x)
        (relevance,) = torch.autograd.grad(out, x, torch.ones_like(out) * out.detach())
    return relevance


def _captum(make: Callable[[LogitSelector], Any], **how: Any) -> Callable[[Detector, Tensor, int], Tensor]:
    def peer(detector: Detector, x: Tensor, samples: int) -> Tensor:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # captum tells of its hooks and of gradients that it switches on
            found: Tensor = make(LogitSelector(detector.model, "margin").eval()).attribute(x.detach().clone(), **how)
        return found.detach()

    return peer


def _integrated(detector: Detector, x: Tensor, samples: int) -> Tensor:
    how = {"n_steps": STEPS, "internal_batch_size": 4}  # all steps at once take more memory and no less time
    return _captum(IntegratedGradients, baselines=torch.zeros_like(x), **how)(detector, x, samples)


def _shap(detector: Detector, x: Tensor, samples: int) -> Tensor:
    """Compute the margin's values as the difference of both classes' values."""
    state = np.random.get_state()  # shap seeds NumPy's global generator
    try:
        values = shap.GradientExplainer(detector.model, background(x)).shap_values(x, nsamples=samples, rseed=0)
    finally:
        np.random.set_state(state)
    return torch.from_numpy((values[..., FAKE] - values[..., REAL]).astype(np.float32))


def _smoothgrad(detector: Detector, x: Tensor, samples: int) -> Tensor:
    noise = 0.1 * float(x.max() - x.min())
    how = {"nt_type": "smoothgrad", "nt_samples": samples, "nt_samples_batch_size": 4, "stdevs": noise}
    return _captum(lambda model: NoiseTunnel(Saliency(model)), **how)(detector, x, samples)


def _grad_cam(detector: Detector, x: Tensor, samples: int) -> Tensor:
    from ..explain.methods.grad_cam import last_maps  # the layer is found by us: captum wants it named

    def make(model: LogitSelector) -> Any:
        return LayerGradCam(model, last_maps(model.model))

    found = _captum(make, relu_attributions=True, attribute_to_layer_input=True)(detector, x, samples)
    return LayerAttribution.interpolate(found, tuple(x.shape[-2:]), interpolate_mode="bilinear")


def _occlusion(detector: Detector, x: Tensor, samples: int) -> Tensor:
    from ..explain.methods.occlusion import patch_of

    window, stride = patch_of(x, 0.15)
    how = {"sliding_window_shapes": (3, window, window), "strides": (3, stride, stride), "perturbations_per_eval": 4}
    with torch.no_grad():
        return _captum(Occlusion, baselines=torch.zeros_like(x), **how)(detector, x, samples) / 3


# The library's call for each map: (detector, image, samples) -> (1, C, H, W).
PEERS: dict[str, tuple[str, Callable[[Detector, Tensor, int], Tensor]]] = {
    "saliency": ("captum Saliency", _captum(Saliency)),
    "input-x-gradient": ("captum InputXGradient", _captum(InputXGradient)),
    "integrated-gradients": (f"captum IntegratedGradients, {STEPS} steps", _integrated),
    "guided-backprop": ("captum GuidedBackprop", _captum(GuidedBackprop)),
    "lrp": ("zennit EpsilonPlusFlat", lambda detector, x, samples: zennit_lrp(detector, x)),
    "shap": ("shap GradientExplainer", _shap),
    "smoothgrad": ("captum NoiseTunnel", _smoothgrad),
    "grad-cam": ("captum LayerGradCam", _grad_cam),
    "occlusion": ("captum Occlusion", _occlusion),
}
