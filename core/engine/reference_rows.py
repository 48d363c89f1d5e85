"""Compute what a reference set keeps of a face."""

from __future__ import annotations

import cv2
import numpy as np

from ..detectors.detector import Detector
from ..explain.analysis.face_parts import face_parts
from ..signatures import SIGNATURES
from ..types import Array

THUMBNAIL = 24  # pixels


def reference_row(detector: Detector, crop: Array, kind: str, *, regions: Array | None = None) -> tuple[Array, Array]:
    """Compute a crop's signature (D,), and the thumbnail of its LRP map, both float16.

    Args:
        detector: whose verdict they are of.
        crop: (H, W, 3), uint8 or float32 in [0, 1].
        kind: a registered signature.
        regions: (H, W) uint8 of the face, where the kind needs them.
    """
    entry = SIGNATURES[kind]
    parts = face_parts(detector, crop, {*entry.facts.reads, "lrp"}, regions=regions)
    small = cv2.resize(parts.needed("lrp"), (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA)
    thumbnail = (small / max(float(np.abs(small).max()), 1e-12)).astype(np.float16)
    return entry.function(parts).astype(np.float16), thumbnail
