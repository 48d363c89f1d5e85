"""Hold what a data set says of the person in an image."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PersonAttributes:
    """Hold age in years, gender and race as annotated; None where nothing is said.

    gender, race: a number of the annotation (of UTKFace), or a word.
    """

    age: int | float | None = None
    gender: int | str | None = None
    race: int | str | None = None
