"""Load real, swapped and wholly synthetic faces, and treat them alike."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from ..evaluation.labelled_faces import largest_face
from ..media.codecs import jpeg_roundtrip
from ..media.datasets import media_in, subsample
from ..progress import NO_PROGRESS, Progress
from ..types import Array, InputError
from .training_recipe import SIDE, jitter, to_side

Role = Literal["synthetic", "rival", "other"]  # made by a generator; the real faces beside it; all else
ROLES: tuple[Role, ...] = ("synthetic", "rival", "other")
SYNTHETIC_FOLDER = "gan"  # holds a folder for each split, with real/ and a folder for each generator
FACES_OF = {"train": 160, "val": 60}  # of each source that shows no synthetic face
QUALITIES = (30, 96)  # of JPEG, the upper end excluded
SCALES = (0.5, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class SyntheticExamples:
    """Hold the faces of one source.

    source: what the faces are, such as "gan/real". role: one of `ROLES`. images: (N, S, S, 3) uint8.
    """

    source: str
    role: Role
    images: Array


def load_examples(data: Path, split: str, *, progress: Progress = NO_PROGRESS) -> list[SyntheticExamples]:
    """Crop the faces of one split as the product does, by source.

    Args:
        data: a folder with `gan/`, and `dfdc/` and `faces/` where they are at hand: so that it is not one set of
            photographs that is learned as "real", and a face swap not as "synthetic".
        split: "train", "val" or "test".
        progress: told each picture; a stop raises `StopRequested`.
    """
    kinds = _kinds(data / SYNTHETIC_FOLDER / split)
    made = {f"{SYNTHETIC_FOLDER}/{kind}": paths for kind, paths in kinds.items()}
    many = FACES_OF.get(split, min(FACES_OF.values()))
    for folder, index in (("dfdc", "dfdc.jsonl"), ("faces", "faces.jsonl")):
        for label, paths in _listed(data / folder, index, split).items():
            made[f"{folder}/{label}"] = subsample(paths, many)
    found = []
    for source, paths in made.items():
        crops = [largest_face(path) for path in progress.each(paths, f"Cropping {source}, pictures")]
        images = [to_side(crop) for crop in crops if crop is not None]
        if images:
            found.append(SyntheticExamples(source, _role(source), np.stack(images)))
        progress.emit(f"{split}, {source}: {len(images)} faces")
    if not {one.role for one in found} >= {"synthetic", "rival"}:
        raise InputError(f"{data} holds no judgeable face of both kinds for the split {split!r}, real and synthetic")
    return found


def _role(source: str) -> Role:
    folder, _, kind = source.partition("/")
    return "other" if folder != SYNTHETIC_FOLDER else "rival" if kind == "real" else "synthetic"


def _kinds(folder: Path) -> dict[str, list[Path]]:
    if not (folder / "real").is_dir():
        raise InputError(f"no real/ in {folder}: wanted are real/ and a folder of synthetic faces for each generator")
    return {kind.name: media_in(kind) for kind in sorted(folder.iterdir()) if kind.is_dir()}


def _listed(folder: Path, index: str, split: str) -> dict[str, list[Path]]:
    """List the pictures of a split by their label.

    None where the index is not at hand.
    """
    if not (folder / index).is_file():
        return {}
    found: dict[str, list[Path]] = {}
    for row in map(json.loads, (folder / index).read_text("utf-8").splitlines()):
        if row["split"] == split:
            found.setdefault(row.get("label", "real"), []).append(folder / row["file"])
    return found


def treat(image: Array, rng: np.random.Generator) -> Array:
    """Mirror, cut, blur, shrink and encode a face (S, S, 3) uint8, each at random.

    The last step is always JPEG, and enlarging where it was shrunk: every picture is encoded anew, whatever its class.
    """
    if rng.random() < 0.5:
        image = np.ascontiguousarray(image[:, ::-1])
    if rng.random() < 0.7:
        (image,) = jitter([image], rng)
    if rng.random() < 0.25:
        image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.3, 1.2)))
    if rng.random() < 0.2:
        noise = rng.standard_normal(image.shape, dtype=np.float32) * np.float32(rng.uniform(1, 6))
        image = np.clip(image + noise, 0, 255).astype(np.uint8)
    scale = float(rng.uniform(*SCALES)) if rng.random() < 0.5 else 1.0
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    image = jpeg_roundtrip(image, int(rng.integers(*QUALITIES)))
    return image if scale == 1 else cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)


def treated(images: Sequence[Array], seed: int, round_: int) -> list[Array]:
    """Treat pictures, each by (seed, round, place) alone."""
    return [treat(image, np.random.default_rng([seed, round_, place])) for place, image in enumerate(images)]
