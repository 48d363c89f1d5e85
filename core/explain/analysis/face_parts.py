"""Compute what signatures of a face are made of."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from torch import Tensor

from ...detectors.detector import Detector
from ...detectors.networks.outputs import LogitSelector
from ...detectors.networks.preserve import preserve_state
from ...media.images import to_tensor
from ...types import Array
from ...types.signature_parts import Part, SignatureParts
from ..base import run
from ..methods.lrp import penultimate_relevance, relevances


def face_parts(
    detector: Detector, crop: Array, reads: Collection[Part], *, regions: Array | None = None
) -> SignatureParts:
    """Compute the parts that signatures of one crop are made of, and no others.

    The same crop has the same parts, whatever was computed before; the detector stays as it was.

    Args:
        detector: whose verdict they are of.
        crop: (H, W, 3), uint8 or float32 in [0, 1].
        reads: names of the parts.
        regions: (H, W) uint8 of the face; no part is computed from them.
    """
    x = to_tensor(crop)
    at_input = at_penultimate = by_output = None
    with detector.lock, preserve_state(detector.model):
        if "lrp" in reads:
            at_input, at_penultimate, _ = relevances(LogitSelector(detector.model, "margin"), x)
        elif "relevance" in reads:
            at_penultimate = penultimate_relevance(LogitSelector(detector.model, "margin"), x)
        if "by_output" in reads:
            each = [penultimate_relevance(LogitSelector(detector.model, one), x) for one in ("real", "fake")]
            by_output = np.concatenate([_array(one) for one in each])
    return SignatureParts(
        relevance=None if at_penultimate is None else _array(at_penultimate)[0],
        by_output=by_output,
        activation=detector.features(crop)[1].astype(np.float32) if "activation" in reads else None,
        lrp=None if at_input is None else _array(at_input.sum(1))[0],
        shap=run("shap", detector, crop, quality=False).map if "shap" in reads else None,
        regions=regions,
    )


def _array(values: Tensor) -> Array:
    return values.detach().cpu().numpy().astype(np.float32)
