"""Read the pictures of cats and dogs from a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..media.images import resized
from ..media.picture_decoding import decode_image
from ..progress import NO_PROGRESS, Progress
from ..types import Array, InputError, content_id
from ..types.arrays import check
from .base import NeededFile

SIDE, NAMES = 112, ("cat", "dog")  # of the paper; classes by number, as folders with an s
SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})
MIN_PICTURES = 4  # of a folder
FORM = "the folders cats and dogs of JPEG or PNG pictures, 112 x 112; others are scaled to that"
GET = "https://kaggle.com/chetankv/dogs-cats-images, its training_set and test_set"
PICTURES = tuple(NeededFile(split, FORM, GET, folder=True) for split in ("train", "test"))


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """Hold labelled pictures.

    images: (N, 3, S, S) uint8; labels: (N,) int64, 0 a cat or real, 1 a dog or fake.
    """

    images: Tensor
    labels: Tensor

    def __post_init__(self) -> None:
        shape = tuple(self.images.shape)
        fine = shape == (len(self.labels), 3, *shape[3:] * 2) and self.images.dtype == torch.uint8
        check(fine, "pictures are (N, 3, S, S) uint8", f"{shape} {self.images.dtype}")

    def __len__(self) -> int:
        return len(self.labels)

    def at(self, rows: Tensor) -> Pictures:
        """Return the pictures of some rows."""
        return Pictures(self.images[rows], self.labels[rows])

    def and_these(self, other: Pictures) -> Pictures:
        """Return these pictures with others after them."""
        return Pictures(torch.cat([self.images, other.images]), torch.cat([self.labels, other.labels]))

    @property
    def id(self) -> str:
        """Return the SHA-256 of pictures and labels."""
        return content_id(self.images.numpy(), self.labels.numpy())


def read_pictures(folder: Path, progress: Progress = NO_PROGRESS) -> tuple[Pictures, Pictures]:
    """Read training and test pictures of a folder with train/ and test/.

    `progress`: told each folder. Raises `InputError` for a folder with too few pictures, or an unreadable picture.
    """
    steps = progress.counter(4, "Reading pictures")
    found: list[Pictures] = []
    for split in PICTURES:
        images: list[Array] = []
        labels: list[int] = []
        for label, name in enumerate(NAMES):
            images += (own := _read_folder(folder / split.name / f"{name}s", split))
            labels += [label] * len(own)
            steps.step()
        stacked = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).contiguous()
        found.append(Pictures(stacked, torch.tensor(labels)))
    return found[0], found[1]


def _read_folder(folder: Path, needed: NeededFile) -> list[Array]:
    """Return the pictures of a folder by name, (112, 112, 3) uint8 each."""
    shown = f"{folder.parent.name}/{folder.name}"
    paths = sorted(path for path in folder.glob("*") if path.suffix.lower() in SUFFIXES and path.name[0] != ".")
    if len(paths) < MIN_PICTURES:
        raise InputError(
            f"the study needs {MIN_PICTURES} pictures or more in {shown}/; there are {len(paths)} "
            f"({needed.form}; from {needed.get})"
        )
    return [_read(path, shown) for path in paths]


def _read(path: Path, shown: str) -> Array:
    try:
        pixels, _, _ = decode_image(path.read_bytes(), path.name, "picture")
    except (InputError, OSError):
        raise InputError(f"the picture {shown}/{path.name} cannot be read as JPEG or PNG") from None
    return resized(pixels, (SIDE, SIDE))
