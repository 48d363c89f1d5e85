"""Compute maps from the image's gradient: Saliency and Input x Gradient."""

from __future__ import annotations

from ...types import QualityMetric
from ..base import EXPLAINERS, SIGN, MapFacts, completeness_error
from ..context import AttributionContext, Metrics, RawAttribution


@EXPLAINERS.add(
    "saliency",
    title="Saliency",
    source="Simonyan et al. 2014, arXiv:1312.6034, section 3",
    params=(SIGN,),
    facts=MapFacts(passes=1, signed=("sign", "signed"), quick=True, backward="gradient"),
)
def saliency(context: AttributionContext, *, sign: str) -> RawAttribution:
    """Compute the gradient df/dx, or its absolute value.

    Differs: channels are summed (as in every map here), where the paper takes their maximum.
    """
    gradient = context.gradient
    return RawAttribution(gradient.abs() if sign == "absolute" else gradient, lambda: _linearity(context))


def _linearity(context: AttributionContext) -> Metrics:
    gradient, step = context.gradient, 1 / 255
    predicted = step * float(gradient.abs().sum())
    seen = context.value_at(context.x + step * gradient.sign()) - context.value
    return (
        QualityMetric(
            "linearity error",
            abs(seen - predicted) / max(abs(predicted), 1e-9),
            "lower",
            "How far the output, after a step of 1/255 along the gradient's sign, is from what the gradient foretells: "
            "0 means that the gradient describes the detector around this face.",
        ),
    )


@EXPLAINERS.add(
    "input-x-gradient",
    title="Input x Gradient",
    source="Shrikumar et al. 2016, arXiv:1605.01713",
    facts=MapFacts(passes=1, quick=True, backward="gradient"),
)
def input_x_gradient(context: AttributionContext) -> RawAttribution:
    """Compute x * df/dx, in units of the output.

    Differs: Pinhasov et al. 2024 describe it with the absolute gradient; the signed product of the source is kept.
    """
    attribution = context.x * context.gradient

    def metrics() -> Metrics:
        error = completeness_error(attribution, context.value, context.baseline_value("black"))
        return (
            QualityMetric(
                "completeness error",
                error,
                "lower",
                "How far the map's sum is from the output here minus the output for black. This method does not "
                "guarantee a small value: a large one says that the map does not share out the score.",
            ),
        )

    return RawAttribution(attribution, metrics)
