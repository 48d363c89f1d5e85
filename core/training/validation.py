"""Write the val split, real and forged, as a folder for calibration."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..media.images import encode_png
from ..progress import NO_PROGRESS, Progress
from ..storage.files import atomic_write
from .training_faces import KINDS, degrade, load_faces, make_forgery


def write_validation(
    data: Path, out: Path, *, seed: int = 0, limit: int | None = None, progress: Progress = NO_PROGRESS
) -> int:
    """Write `real/<n>-<kind>.png` and `fake/<n>-<kind>.png` for every val face and kind.

    Returns the number of pairs. Each pair has the same random view and losses; their hardness is uniform in [0, 1].

    Args:
        data: a folder with faces.jsonl.
        out: the folder to write to.
        seed: of every random choice.
        limit: of faces.
        progress: told each face; a stop raises `StopRequested`.
    """
    faces = load_faces(data, "val", limit=limit)
    for label in ("real", "fake"):
        (out / label).mkdir(parents=True, exist_ok=True)
    for i in progress.each(range(len(faces.images)), "Writing faces of the val split"):
        for number, kind in enumerate(KINDS):
            rng = np.random.default_rng([seed, i, number])
            forged, mask, pristine = make_forgery(faces, i, rng, kind=kind)
            images, _ = degrade([pristine, forged], mask, rng, hardness=rng.random())
            for label, image in zip(("real", "fake"), images, strict=True):
                atomic_write(out / label / f"{i:04d}-{kind}.png", encode_png(image))
    return len(faces.images) * len(KINDS)
