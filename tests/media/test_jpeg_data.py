"""A JPEG whose data end before its pixels do is noted, and no other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from media_files import image
from PIL import Image

from core.media import jpeg_data
from core.media.open import open_media

FEW = ("the data are too few for {0} x {0} pixels: most of the image is blank",)
EARLY = ("the data end before the {0} x {0} pixels do: the lower part of the image is blank",)


def stretched(side: int, promised: int, **options: Any) -> bytes:
    """Return a JPEG of `side` pixels of noise whose header promises more."""
    noise = np.random.default_rng(0).integers(0, 255, (side, side, 3)).astype(np.uint8)
    data = bytearray(image("JPEG", Image.fromarray(noise), quality=90, **options))
    place = data.index(b"\xff\xc2" if options.get("progressive") else b"\xff\xc0") + 5
    data[place : place + 4] = promised.to_bytes(2, "big") * 2
    return bytes(data)


BLANK = {
    "baseline": (stretched(40, 2500), 2500, FEW),
    "progressive": (stretched(40, 2500, progressive=True), 2500, FEW),
    "more behind its end": (stretched(40, 2500) + bytes(600_000), 2500, FEW),
    "a large profile": (stretched(40, 2500, icc_profile=bytes(600_000)), 2500, FEW),
    "turned": (
        stretched(40, 2500, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0" + bytes(4)),
        2500,
        FEW,
    ),
    "an eighth of the sides": (stretched(200, 1600), 1600, EARLY),
    "an eighth of the sides, progressive": (stretched(200, 1600, progressive=True), 1600, EARLY),
    "an eighth of the sides, restarts": (stretched(200, 1600, restart_marker_rows=1), 1600, EARLY),
}


@pytest.mark.parametrize("what", BLANK)
def test_a_large_jpeg_with_the_data_of_a_small_one_is_noted(what: str) -> None:
    data, side, notes = BLANK[what]
    media = open_media(data)
    assert media.size == (side, side)
    assert media.notes == tuple(note.format(side) for note in notes)


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("colour", ["white", "black", (128, 128, 128), (135, 206, 235)])
@pytest.mark.parametrize("restarts", [0, 1])
def test_an_even_picture_or_border_is_not_noted(colour: Any, progressive: bool, restarts: int) -> None:
    flat = Image.new("RGB", (1000, 1000), colour)
    framed = flat.copy()
    framed.paste(Image.fromarray(np.random.default_rng(0).integers(0, 255, (99, 99, 3)).astype(np.uint8)), (0, 0))
    for made in (flat, framed, framed.convert("L")):
        data = image("JPEG", made, quality=1, optimize=True, progressive=progressive, restart_marker_rows=restarts)
        assert open_media(data).notes == ()


def test_a_run_of_filling_bytes_costs_no_more_than_its_length() -> None:
    data = b"\xff\xda\x00\x02" + b"\xff" * 200_000 + b"\x00\xff\xd9"
    scans, _ = jpeg_data._scans(data)
    assert scans == [(4, len(data) - 2)]
