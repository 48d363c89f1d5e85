"""Maps made for tests of what maps are worth, and what is known of the linear detector."""

from __future__ import annotations

import numpy as np

from core.detectors import Detector
from core.media.images import to_uint8
from core.types import Array, Attribution, QualityMetric, content_id


def made(crop: Array, values: Array, *, signed: bool = True, target: str = "fake", seconds: float = 0.0) -> Attribution:
    """A map as an explainer would hand it over."""
    of = content_id(to_uint8(crop))
    return Attribution("saliency", {}, target, of, values.astype(np.float32), signed, (), seconds)  # type: ignore[arg-type]


def by_name(row: tuple[QualityMetric, ...]) -> dict[str, QualityMetric]:
    return {figure.name: figure for figure in row}


def weights(detector: Detector) -> Array:
    """The margin's weights of the linear detector, (H, W, 3)."""
    rows = detector.model.get_parameter("linear.weight").detach().numpy()
    return (rows[1] - rows[0]).reshape(3, 12, 12).transpose(1, 2, 0)


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))
