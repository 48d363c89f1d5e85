"""Hold what decides which measurements are like a file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileTraits:
    """Hold what decides which data are like a file.

    kind: image or video; quality: of its JPEG tables, 1 to 100, None where there are none or it is not known;
    side: of its smallest judged face, in pixels, None without one.
    """

    kind: str
    quality: int | None = None
    side: int | None = None
