"""What the tests of maps share: each method with quick settings, and its variants."""

from __future__ import annotations

import pytest
from _pytest.mark import ParameterSet

from core.detectors import FORMATS, Detector
from core.detectors.networks.preserve import HOOK_TABLES
from core.explain import EXPLAINERS

# EfficientNet-B4 comes in five formats: with and without attention, with another stem. Maps see no more of them.
SAME_NETWORK = ("efficientnetb4", "efficientnetb4st", "efficientnetautoattb4")
OWN = ("efficientnet-lite0", "resnet-blend")  # formats of what ships, which has its own tests with its own weights
DISTINCT = [name for name in FORMATS if name not in (*SAME_NETWORK, *OWN)]

# Each method with settings that are quick, and each of its variants.
FEW: dict[str, dict[str, object]] = {
    "integrated-gradients": {"steps": 8},
    "shap": {"samples": 4},
    "smoothgrad": {"samples": 4},
    "occlusion": {"patch": 0.5},
    "lime": {"samples": 24, "segments": 10},
}
VARIANTS: list[tuple[str, dict[str, object]]] = [
    *((name, FEW.get(name, {})) for name in EXPLAINERS),
    ("saliency", {"sign": "signed"}),
    ("smoothgrad", {"samples": 4, "sign": "signed"}),
    ("grad-cam", {"sign": "signed"}),
    ("integrated-gradients", {"steps": 4, "baseline": "blurred"}),
    ("integrated-gradients", {"steps": 4, "baseline": "mean colour"}),
    ("integrated-gradients", {"steps": 4, "baseline": "uniform"}),
    ("integrated-gradients", {"steps": 9, "tolerance": 0.01}),
    ("guided-backprop", {"form": "silu"}),
    ("lrp", {"rule": "epsilon-alpha2-beta1-flat"}),
    ("lrp", {"rule": "epsilon-gamma-box"}),
    ("shap", {"explainer": "deep"}),
    ("shap", {"explainer": "partition", "samples": 24, "segments": 8}),
    ("shap", {"explainer": "kernel", "samples": 24, "segments": 8}),
]


def variant(name: str, settings: dict[str, object]) -> ParameterSet:
    said = "-".join(map(str, (name, *settings.values())))
    compiled = settings.get("explainer") == "partition"  # by shap, when it is first used
    return pytest.param(name, settings, id=said, marks=[pytest.mark.slow] if compiled else [])


def hooks(detector: Detector) -> list[dict[int, object]]:
    return [dict(getattr(m, t)) for m in detector.model.modules() for t in HOOK_TABLES]
