"""Read MNIST from Keras's mnist.npz, and refuse what is none."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..types import Array, InputError
from ..types.arrays import check
from .base import NeededFile

MNIST = NeededFile(
    "mnist.npz",
    "x_train, x_test: (N, 28, 28) uint8; y_train, y_test: (N,) digits 0 to 9",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
)
CLASSES, SIDE = 10, 28
MAX_BYTES = 500_000_000  # unpacked; the real file has 55 MB
KEYS = ("x_train", "y_train", "x_test", "y_test")


@dataclass(frozen=True, slots=True, eq=False)
class Digits:
    """Hold drawn digits: images (N, 1, 28, 28) in [0, 1], labels (N,) int64 in 0 to 9."""

    images: Tensor
    labels: Tensor

    def __post_init__(self) -> None:
        fine = self.images.shape == (len(self.labels), 1, SIDE, SIDE)
        check(fine, f"digits are (N, 1, {SIDE}, {SIDE})", str(tuple(self.images.shape)))

    def at(self, rows: Tensor) -> Digits:
        """Return the digits of some rows."""
        return Digits(self.images[rows], self.labels[rows])

    def first(self, n: int) -> Digits:
        """Return the first `n` digits."""
        return Digits(self.images[:n], self.labels[:n])


def read_mnist(folder: Path) -> tuple[Digits, Digits]:
    """Read the training and the test digits of a folder's `mnist.npz`."""
    path = folder / MNIST.name
    try:
        with zipfile.ZipFile(path) as packed:
            size = sum(one.file_size for one in packed.infolist())
        if size > MAX_BYTES:
            raise _wrong(path, f"unpacked it has {size / 1e6:.0f} MB")
        with np.load(path, allow_pickle=False) as arrays:
            if missing := [key for key in KEYS if key not in arrays]:
                raise _wrong(path, f"it has no {' and no '.join(missing)}")
            parts = {key: np.asarray(arrays[key]) for key in KEYS}
    except InputError:
        raise
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, RuntimeError) as error:
        raise _wrong(path, "it cannot be read as one") from error
    return _digits(path, parts, "train"), _digits(path, parts, "test")


def _digits(path: Path, parts: dict[str, Array], split: str) -> Digits:
    images, labels = parts[f"x_{split}"], parts[f"y_{split}"]
    if images.ndim != 3 or images.shape[1:] != (SIDE, SIDE) or images.dtype != np.uint8 or not len(images):
        raise _wrong(path, f"its x_{split} is {images.shape} {images.dtype}")
    if labels.shape != images.shape[:1] or labels.dtype.kind not in "iu":
        raise _wrong(path, f"its y_{split} is {labels.shape} {labels.dtype}")
    if int(labels.min()) < 0 or int(labels.max()) >= CLASSES:
        raise _wrong(path, f"its y_{split} has labels from {labels.min()} to {labels.max()}")
    return Digits(torch.from_numpy(images[:, None].astype(np.float32) / 255), torch.from_numpy(labels.astype(np.int64)))


def _wrong(path: Path, why: str) -> InputError:
    return InputError(f"{path.name} is not MNIST as Keras packs it ({MNIST.form}): {why}; get it from {MNIST.get}")
