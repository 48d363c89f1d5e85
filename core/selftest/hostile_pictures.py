"""Make small pictures of one colour that cost all that their kind, mode, size and rotation may."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial

from PIL import ExifTags, Image

_WIDE = (49_000, 1_000)
_MODES = {
    "PNG": ("1", "L", "P", "LA", "RGB", "RGBA", "I;16"),
    "JPEG": ("L", "RGB", "CMYK"),
    "WEBP": ("RGB", "RGBA"),
    "TIFF": ("1", "L", "LA", "RGB", "RGBA", "CMYK", "I", "F", "I;16"),
}
_SIZES = {"PNG": ((7000, 7000), _WIDE), "JPEG": ((7000, 7000), _WIDE), "WEBP": ((5400, 5400), (16_000, 1_800))}
_OPTIONS: dict[str, dict[str, object]] = {
    "WEBP": {"lossless": True, "method": 0},
    "TIFF": {"compression": "tiff_adobe_deflate"},
}
_QUARTER_TURN = 6


def even_picture(kind: str, mode: str, size: tuple[int, int], *, turned: bool) -> bytes:
    """Return a picture of one colour.

    Args:
        kind: Pillow's name of the format.
        mode: of its pixels.
        size: (width, height).
        turned: its EXIF data ask for a quarter turn.
    """
    exif, buffer = Image.Exif(), io.BytesIO()
    if turned:
        exif[ExifTags.Base.Orientation] = _QUARTER_TURN
    Image.new(mode, size).save(buffer, kind, exif=exif, **_OPTIONS.get(kind, {}))
    return buffer.getvalue()


PICTURES: dict[str, Callable[[], bytes]] = {
    f"{mode} {kind} of {size[0]:,} x {size[1]:,}{', turned' * turned}": partial(
        even_picture, kind, mode, size, turned=turned
    )
    for kind, modes in _MODES.items()
    for mode in modes
    for size in _SIZES.get(kind, ((7000, 7000),))
    for turned in (False, True)
}
