"""Faces of noise for sets of a user's own, and whose a set's faces are."""

from __future__ import annotations

import numpy as np

from core.engine.faces_to_add import FaceToAdd, found_face
from core.signatures.own_faces import keys_of_set, read_face
from core.types import Array
from core.types.own_set_values import FaceLabel, FileFace

REAL, FORGED = FaceLabel("real"), FaceLabel("fake")


def crops(count: int) -> list[Array]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (48, 48, 3)).astype(np.uint8) for _ in range(count)]


def listed(count: int, label: FaceLabel = REAL, *, person: str = "") -> list[FaceToAdd]:
    return [
        found_face(crop, label, person=person, face=FileFace(f"{number:016x}", 0), source=f"{number}.png")
        for number, crop in enumerate(crops(count))
    ]


def people_of(name: str) -> list[tuple[str, bool]]:
    kept = [read_face(name, key) for key in keys_of_set(name)]
    return sorted((one.facts.person, one.facts.named) for one in kept if one)
