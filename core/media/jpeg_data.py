"""Tell a JPEG whose data end before its pixels do.

The decoder leaves the rest blank, and says nothing.
"""

from __future__ import annotations

import io
import re

from PIL import Image

_LENGTH = re.compile(rb"\xff+([^\x00\xff])(..)?", re.DOTALL)  # a marker, and the length of its segment
_END = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)  # of a scan; bytes that fill before it are data here
_RESTART = re.compile(rb"\xff[\xd0-\xd7]")
_BARE = (0x01, 0xD8, *range(0xD0, 0xD8))  # markers without a segment
_BLANK = 128  # what is decoded of no data
_FILLER = bytes(range(1, 255))  # decodes to anything but blank blocks


def blank_note(image: Image.Image, data: bytes) -> tuple[str, ...]:
    """Note a JPEG most or the end of which has no data.

    `image`: decoded, not yet turned upright.
    With Huffman coding a block takes two bits at least, for its mean and for its end; in a progressive one, one.
    """
    layers = getattr(image, "layer", None)
    scans, arithmetic = _scans(data) if layers else ([], False)
    if not layers or not scans or arithmetic:
        return ()
    (width, height), widest, highest = image.size, max(one[1] for one in layers), max(one[2] for one in layers)
    blocks = sum(
        -(-width * across // (8 * widest)) * -(-height * down // (8 * highest)) for _, across, down, *_ in layers
    )
    bits = 8 * sum(end - begin for begin, end in scans)
    if bits < blocks * (1 if image.info.get("progressive") else 2):
        return (f"the data are too few for {width} x {height} pixels: most of the image is blank",)
    if _ends_early(image, data, *scans[0]):
        return (f"the data end before the {width} x {height} pixels do: the lower part of the image is blank",)
    return ()


def _scans(data: bytes) -> tuple[list[tuple[int, int]], bool]:
    """Return where the entropy-coded data of each scan lie.

    Up to the image's end; and whether they are arithmetic.
    """
    scans, arithmetic, place = [], False, 0
    while (found := _LENGTH.match(data, place)) and (marker := found[1][0]) != 0xD9:
        place = found.end(1)
        if marker in _BARE:
            continue
        place += int.from_bytes(found[2] or b"")
        arithmetic = arithmetic or (0xC9 <= marker <= 0xCF and marker != 0xCC)
        if marker == 0xDA:
            end = _END.search(data, place)
            scans.append((place, end.start() if end else len(data)))
            place = scans[-1][1]
    return scans, arithmetic


def _ends_early(image: Image.Image, data: bytes, begin: int, end: int) -> bool:
    """Return whether the first scan has no data for the last row.

    A picture may be as grey as that by itself. Data behind those of all blocks change nothing, so that the picture
    changes by more data only where some are missing.
    """
    width, height = image.size
    if (
        image.mode not in ("L", "RGB")
        or image.crop((0, height - 1, width, height)).convert("RGB").getextrema() != ((_BLANK, _BLANK),) * 3
    ):
        return False
    restart = bytes((0xFF, 0xD0 + sum(1 for _ in _RESTART.finditer(data, begin, end)) % 8))
    return _small(data) != _small(data[:end] + _FILLER + restart + _FILLER + data[end:])


def _small(data: bytes) -> bytes:
    """Decode a JPEG to the means of its blocks."""
    with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
        image.draft(None, (1, 1))
        return image.tobytes()
