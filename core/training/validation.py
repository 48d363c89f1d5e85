"""The validation media: the val split real and forged, written as a folder that any detector can be calibrated on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from .training_faces import KINDS, degrade, load_faces, make_forgery


def write_validation(data: Path, out: Path, *, seed: int = 0, limit: int | None = None) -> int:
    """Write `real/<n>-<kind>.png` and `fake/<n>-<kind>.png` for every val face n and kind; returns the pairs.

    Each pair went through the same view and the same losses, drawn anew; their hardness is uniform in [0, 1].
    """
    faces = load_faces(data, "val", limit=limit)
    for label in ("real", "fake"):
        (out / label).mkdir(parents=True, exist_ok=True)
    for i in range(len(faces.images)):
        for number, kind in enumerate(KINDS):
            rng = np.random.default_rng([seed, i, number])
            forged, mask, twin = make_forgery(faces, i, rng, kind=kind)
            images, _ = degrade([twin, forged], mask, rng, hardness=rng.random())
            for label, image in zip(("real", "fake"), images, strict=True):
                Image.fromarray(image).save(out / label / f"{i:04d}-{kind}.png")
    return len(faces.images) * len(KINDS)
