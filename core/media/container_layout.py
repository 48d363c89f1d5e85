"""Check by a video file's own numbers whether it is complete."""

from __future__ import annotations

import os
from typing import IO

from ..types import limits
from .sniff import DEMUXERS


def file_layout(file: IO[bytes], container: str) -> tuple[int, bool, bool]:
    """Return the file's length, whether its index is there, and whether it is complete.

    `container`: a key of `DEMUXERS`.
    """
    total = file.seek(0, os.SEEK_END)
    if DEMUXERS[container] == "mov":
        return total, *_mov_layout(file, total)
    file.seek(0)
    head = file.read(4096)
    if container == "AVI":
        return total, True, int.from_bytes(head[4:8], "little") + 8 <= total
    return total, True, _matroska_end(head) <= total


def _mov_layout(file: IO[bytes], total: int) -> tuple[bool, bool]:
    """Check that the `moov` box and the last box are complete."""
    place, indexed = 0, False
    for _ in range(limits.MAX_FRAMES):  # a fragmented file has two boxes for each fragment
        file.seek(place)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        if length == 1 and len(head) == 16:
            length = int.from_bytes(head[8:], "big")
        elif length == 0:  # to the end of the file
            length = total - place
        if len(head) < 8 or length < 8:
            break
        place += length
        indexed = indexed or (head[4:8] == b"moov" and place <= total)
    return indexed, place <= total


def _matroska_end(head: bytes) -> int:
    """Return where a Matroska Segment claims to end; 0 when it does not say."""
    place = head.find(b"\x18\x53\x80\x67", 4)
    if place < 0 or place + 5 > len(head) or head[place + 4] == 0:
        return 0
    width = 9 - head[place + 4].bit_length()  # the leading zero bits tell how many bytes the number has
    length = int.from_bytes(head[place + 4 : place + 4 + width], "big") & ((1 << 7 * width) - 1)
    return 0 if length == (1 << 7 * width) - 1 else place + 4 + width + length
