"""Faces of folders of labelled media: the largest of each image, kinds in turn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

import numpy as np

from ..detectors import Detector
from ..faces.detection import find_faces
from ..faces.rejection import rejection_reason
from ..media.open import open_media
from ..types import Array, InputError


def largest(path: Path) -> Array | None:
    """The crop (S, S, 3) uint8 of the largest face in an image, or in a video's first frame, that can be judged."""
    try:
        frame = open_media(path).frame(0)
    except InputError:
        return None
    return next((face.crop for face in find_faces(frame) if rejection_reason(face) is None), None)


def in_turn(kinds: Iterable[Sequence[Path]], *, seed: int | None = None) -> list[Path]:
    """One path of each kind in turn; `seed` draws the order inside each kind, which is theirs without it."""
    rng = np.random.default_rng(seed)
    orders = [paths if seed is None else [paths[i] for i in rng.permutation(len(paths))] for paths in kinds]
    return [path for row in zip_longest(*orders) for path in row if path is not None]


def crops(paths: Iterable[Path]) -> Iterator[Array]:
    """The largest face of each path that has one which can be judged."""
    return (crop for path in paths if (crop := largest(path)) is not None)


def called_fake(detector: Detector, paths: Iterable[Path]) -> Iterator[Array]:
    """Of `crops`, those that the detector calls fake."""
    return (crop for crop in crops(paths) if detector.verdict(crop).label == "fake")
