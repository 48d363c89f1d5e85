"""Provide the faces of a bench: forgeries of the shipped portrait, or a folder."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from .. import pipeline
from ..detectors import Detector
from ..faces import forgeries
from ..media.datasets import media_in, subsample
from ..media.images import square_about
from ..media_attack import samples
from ..types import Array, Face, InputError

STRENGTH = 2.0  # how far a forgery departs from the face: above what training ends with, as the shipped sample is
DRAWS = 6  # images looked at for each face wanted
MIRRORED = [1, 0, 2, 4, 3]  # left is right


def faces(detector: Detector, count: int, *, data: Path | None = None, seed: int = 0) -> tuple[list[Array], int]:
    """Collect `count` crops (S, S, 3) uint8, those predicted fake first; count these.

    Without `data` they are forgeries of the shipped portrait: many changes of one face, and no sample of people. With
    it, images below that folder, except in real/; of a file name in several folders, which is one face forged in
    several ways, one.

    Args:
        detector: the one that predicts.
        count: number of crops.
        data: a folder, or None.
        seed: of the forgeries.
    """
    fake: list[Array] = []
    real: list[Array] = []
    for crop in _in_folder(data, DRAWS * count) if data else _forgeries(detector, DRAWS * count, seed):
        (fake if detector.verdict(crop).label == "fake" else real).append(crop)
        if len(fake) == count:
            break
    found = [*fake, *real][:count]
    if not found:
        raise InputError(f"{data} holds no image in which a face is found")
    return found, min(len(fake), count)


def _forgeries(detector: Detector, count: int, seed: int) -> Iterator[Array]:
    """Yield self-blended and warped versions of the portrait's face, every second one mirrored."""
    face = _largest(samples.sample("portrait.png", detector))
    assert face is not None, "the shipped portrait has a face"
    left, top, side = square_about(face.box)
    landmarks = face.landmarks - np.asarray([left, top], face.landmarks.dtype)
    rng = np.random.default_rng(seed)
    for number in range(count):
        crop, points = face.crop, landmarks
        if number % 2:
            crop = np.ascontiguousarray(crop[:, ::-1])
            points = np.stack([side - 1 - points[:, 0], points[:, 1]], 1)[MIRRORED]
        make = forgeries.warp if number % 4 > 1 else forgeries.self_blend
        yield make(crop, points, rng, strength=STRENGTH)[0]


def _in_folder(data: Path, count: int) -> Iterator[Array]:
    """Yield the largest faces of at most `count` images, evenly spaced, folders in turn."""
    paths = [path for path in media_in(data) if path.relative_to(data).parts[0] != "real"] if data.is_dir() else []
    if not paths:
        raise InputError(f"{data} holds no images of faces" + " outside of real/" * data.joinpath("real").is_dir())
    by_name: dict[str, list[Path]] = {}
    for path in paths:
        by_name.setdefault(path.name, []).append(path)
    for number, name in enumerate(subsample(sorted(by_name), count)):
        with contextlib.suppress(InputError):
            if face := _largest(by_name[name][number % len(by_name[name])]):
                yield face.crop


def _largest(path: Path) -> Face | None:
    found = pipeline.faces_of(pipeline.open_media(path))
    return found[0] if found else None
