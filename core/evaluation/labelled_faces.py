"""Take the largest face of each image of labelled folders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import TypeVar

import numpy as np

from .. import pipeline
from ..detectors import Detector
from ..faces.detection import find_faces
from ..faces.rejection import rejection_reason
from ..media.open import open_media
from ..types import Array, Face, InputError, Media

T = TypeVar("T")


def largest_face(path: Path) -> Array | None:
    """Crop the largest judgeable face of an image or first frame.

    Returns (S, S, 3) uint8, or None.
    """
    found = largest_found(path)
    return None if found is None else found.crop


def largest_found(path: Path) -> Face | None:
    """Find the largest judgeable face of an image or first frame, or None."""
    try:
        frame = open_media(path).frame(0)
    except InputError:
        return None
    return next((face for face in find_faces(frame) if rejection_reason(face) is None), None)


def most_seen(media: Media, frames: int) -> list[Face]:
    """Detect the judgeable faces of the person whom most frames of a video show."""
    tracks: dict[int, list[Face]] = {}
    for face in pipeline.detect_faces(media, frames=frames):
        if rejection_reason(face) is None:
            tracks.setdefault(face.track, []).append(face)
    return max(tracks.values(), key=len, default=[])


def interleave(kinds: Iterable[Sequence[T]], *, seed: int | None = None) -> list[T]:
    """Take one item of each kind in turn; `seed` shuffles each kind."""
    rng = np.random.default_rng(seed)
    orders = [items if seed is None else [items[i] for i in rng.permutation(len(items))] for items in kinds]
    return [item for row in zip_longest(*orders) for item in row if item is not None]


def crops(paths: Iterable[Path]) -> Iterator[Array]:
    """Yield the largest judgeable face of each path."""
    return (crop for path in paths if (crop := largest_face(path)) is not None)


def predicted_fake(detector: Detector, paths: Iterable[Path]) -> Iterator[Array]:
    """Yield those of `crops` that the detector predicts fake."""
    return (crop for crop in crops(paths) if detector.verdict(crop).label == "fake")
