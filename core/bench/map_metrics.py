"""Choose one metric for our map and its peer's: the property the method guarantees."""

from __future__ import annotations

from collections.abc import Callable

import torch
from scipy.stats import spearmanr
from torch import Tensor

from ..detectors import Detector
from ..explain.base import completeness_error
from ..explain.context import AttributionContext
from ..explain.methods.shap_values import background
from ..media.images import to_tensor
from ..types import Array

MapMetric = Callable[[Tensor], float]  # of a map (1, C, H, W)


def completeness_metric(name: str, detector: Detector, crop: Array) -> tuple[str, MapMetric]:
    """Return the metric's name, and a function that measures it on any map."""
    context = AttributionContext(detector, to_tensor(crop), "margin")
    if name == "integrated-gradients":
        return "completeness error", lambda values: _completeness(context, values, context.baseline_value("black"))
    if name == "input-x-gradient":
        return "completeness error", lambda values: _completeness(context, values, context.baseline_value("black"))
    if name == "shap":
        outputs = [context.value_at(one[None]) for one in background(context.x)]
        return "completeness error", lambda values: _completeness(context, values, sum(outputs) / len(outputs))
    if name == "lrp":
        return "relevance conserved", lambda values: float(values.double().sum()) / context.value
    return "rank agreement with the gradient", lambda values: _agreement(context, values)


def _completeness(context: AttributionContext, values: Tensor, at_baseline: float) -> float:
    return completeness_error(values.double(), context.value, at_baseline)


def _agreement(context: AttributionContext, values: Tensor) -> float:
    gradient = context.gradient.sum(1).flatten()
    return float(spearmanr(torch.as_tensor(values).sum(1).flatten(), gradient).statistic)
