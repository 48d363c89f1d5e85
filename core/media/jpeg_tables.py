"""Read a JPEG's quantisation tables, and say who usually writes such."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image, JpegPresets

from ..types import Array
from ..types.provenance import JpegTables

# The tables of the standard's annex K, as the Independent JPEG Group's library scales them to a quality of 1 to 100.
_LUMINANCE = (
    "16 11 10 16 24 40 51 61 12 12 14 19 26 58 60 55 14 13 16 24 40 57 69 56 14 17 22 29 51 87 80 62 "
    "18 22 37 56 68 109 103 77 24 35 55 64 81 104 113 92 49 64 78 87 103 121 120 101 72 92 95 98 112 100 103 99"
)
_CHROMINANCE = (
    "17 18 24 47 99 99 99 99 18 21 26 66 99 99 99 99 24 26 56 99 99 99 99 99 47 66 99 99 99 99 99 99 " + "99 " * 32
)
_STANDARD = np.asarray([[int(step) for step in table.split()] for table in (_LUMINANCE, _CHROMINANCE)])


def read_jpeg_tables(image: Image.Image) -> JpegTables | None:
    """Return the quantisation tables of an opened JPEG; None for other formats.

    Source: ITU-T T.81, annex K; scaled as in libjpeg's `jpeg_quality_scaling`.
    """
    found = getattr(image, "quantization", None)
    if not found:
        return None
    tables = tuple(tuple(int(step) for step in found[number]) for number in sorted(found))
    if any(len(table) != 64 for table in tables):
        return None
    luminance, chrominance = np.asarray(tables[0]), np.asarray(tables[min(1, len(tables) - 1)])
    scaled = _scaled_tables()
    distances = np.abs(scaled[:, 0] - luminance).sum(axis=1)
    quality = int(distances.argmin()) + 1
    exact = not distances.min() and (len(tables) == 1 or bool((scaled[quality - 1, 1] == chrominance).all()))
    return JpegTables(tables, _origin(tables, quality, exact), quality, exact)


def _origin(tables: tuple[tuple[int, ...], ...], quality: int, exact: bool) -> str:
    if exact:
        return (
            f"the standard's tables at quality {quality}: as libjpeg writes them, and with it most programs, libraries "
            "and websites"
        )
    for name, preset in JpegPresets.presets.items():
        known: Any = preset["quantization"]
        if [list(table) for table in tables[:2]] == [list(table) for table in known][: len(tables)]:
            return f"the tables of Adobe Photoshop's setting “{name.replace('_', ' ')}”"
    return f"tables of their own, as cameras, phones and Adobe's programs write them; nearest to quality {quality}"


def _scaled_tables() -> Array:
    """Return (100, 2, 64): both standard tables at each quality from 1 on."""
    quality = np.arange(1, 101)
    scale = np.where(quality < 50, 5000 // quality, 200 - 2 * quality)
    return np.clip((_STANDARD[None] * scale[:, None, None] + 50) // 100, 1, 255)
