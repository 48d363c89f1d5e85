"""Digit-like pictures for the tests: ten fixed patterns with noise, packed as Keras packs MNIST."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np


def made_digits(folder: Path, *, train: int = 640, test: int = 30) -> Path:
    """Write a small mnist.npz into a folder; return the folder."""
    random = np.random.default_rng(5)
    patterns = np.kron(random.random((10, 7, 7)) > 0.6, np.ones((4, 4))) * 200
    parts: dict[str, Any] = {}
    for split, count in (("train", train), ("test", test)):
        labels = np.arange(count) % 10
        images = patterns[labels] + random.normal(0, 12, (count, 28, 28))
        parts |= {f"x_{split}": images.clip(0, 255).astype(np.uint8), f"y_{split}": labels.astype(np.uint8)}
    np.savez(folder / "mnist.npz", **parts)
    return folder
