"""Small made pictures of two kinds for the tests: bright discs as cats, dark stripes as dogs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

SIDE = 112


def made_pictures(folder: Path, *, train: int = 12, test: int = 8) -> Path:
    """Write train/ and test/ with cats/ and dogs/, `train` and `test` pictures each; return the folder."""
    random = np.random.default_rng(7)
    down, right = np.mgrid[:SIDE, :SIDE]
    for split, count in (("train", train), ("test", test)):
        for name in ("cats", "dogs"):
            (folder / split / name).mkdir(parents=True)
            for number in range(count):
                centre, noise = random.integers(30, 80, 2), random.normal(0, 20, (SIDE, SIDE, 3))
                disc = (down - centre[0]) ** 2 + (right - centre[1]) ** 2 < 700
                shape = 90 * disc if name == "cats" else -50 * ((down + centre[0]) % 16 < 8)
                pixels = (110 + shape[..., None] + noise).clip(0, 255).astype(np.uint8)
                Image.fromarray(pixels).save(folder / split / name / f"{number:03}.png")
    return folder
