"""Hold what the story of a forged face shows."""

from __future__ import annotations

from dataclasses import dataclass

from .explanations import Attribution
from .tracks import JudgedFace


@dataclass(frozen=True, slots=True, eq=False)
class StoryFaces:
    """Hold both faces that the story begins with, each with a verdict."""

    real: JudgedFace
    forged: JudgedFace


@dataclass(frozen=True, slots=True, eq=False)
class StoryMap:
    """Hold why the detector says what it says of the forged face.

    attribution: the map; region: where most of what speaks for manipulation lies; share: how much of it, in [0, 1].
    """

    attribution: Attribution
    region: str
    share: float
