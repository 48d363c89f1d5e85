"""Maps from the gradient for the image: Saliency and Input x Gradient."""

from __future__ import annotations

from ...types import QualityMetric
from ..base import EXPLAINERS, SIGN, completeness_error
from ..context import Context, Figures, Found


@EXPLAINERS.add(
    "saliency",
    title="Saliency",
    source="Simonyan et al. 2014, arXiv:1312.6034, section 3",
    params=(SIGN,),
    signed=("sign", "signed"),
    passes=1,
    quick=True,
    way="gradient",
)
def saliency(context: Context, *, sign: str) -> Found:
    """The gradient df/dx, or its size |df/dx|: how strongly a small change of each pixel would move the output.

    Differs: channels are summed (as in every map here), where the paper takes their maximum.
    """
    gradient = context.gradient
    return Found(gradient.abs() if sign == "absolute" else gradient, lambda: _linearity(context))


def _linearity(context: Context) -> Figures:
    gradient, step = context.gradient, 1 / 255
    foreseen = step * float(gradient.abs().sum())
    seen = context.value_at(context.x + step * gradient.sign()) - context.value
    return (
        QualityMetric(
            "linearity error",
            abs(seen - foreseen) / max(abs(foreseen), 1e-9),
            "lower",
            "How far the output, after a step of 1/255 along the gradient's sign, is from what the gradient foretells: "
            "0 means that the gradient describes the detector around this face.",
        ),
    )


@EXPLAINERS.add(
    "input-x-gradient",
    title="Input x Gradient",
    source="Shrikumar et al. 2016, arXiv:1605.01713",
    passes=1,
    quick=True,
    way="gradient",
)
def input_x_gradient(context: Context) -> Found:
    """x * df/dx, in units of the output.

    Differs: Pinhasov et al. 2024 describe it with the absolute gradient; the signed product of the source is kept.
    """
    attribution = context.x * context.gradient

    def figures() -> Figures:
        error = completeness_error(attribution, context.value, context.value_of("black"))
        return (
            QualityMetric(
                "completeness error",
                error,
                "lower",
                "How far the map's sum is from the output here minus the output for black. Nothing promises that it is "
                "small for this method: a large value says that the map is no share-out of the score.",
            ),
        )

    return Found(attribution, figures)
