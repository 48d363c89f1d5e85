"""Read with `exifread` what Pillow leaves of an EXIF block.

That is the maker's note, and what stands in a damaged block. `exifread` bounds nothing itself, follows every pointer,
and takes any bytes for a maker's note. So its reads are counted, only the first directory, its EXIF directory and the
maker's note are followed (no place, no thumbnail), and a note is decoded only where a directory stands.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping
from typing import Any

from exifread.core.exif_header import ExifHeader
from exifread.core.ifd_tag import IfdTag
from exifread.tags.exif import EXIF_TAGS
from exifread.tags.fields import FieldType

MAX_COST, MAX_PART, COST_BYTES = 300_000, 1 << 16, 64  # half a second; bytes of a read; bytes that cost as a read does
MAX_ENTRIES = 400  # of a maker's note
NOTE = "MakerNote"  # begins the names of its fields
_SONY = b"SONY DSC \0\0\0"  # stands before Sony's directory, and exifread does not pass over it
_TYPES = frozenset(range(FieldType.BYTE, FieldType.IFD + 1))
_TAGS = {tag: entry for tag, entry in EXIF_TAGS.items() if not isinstance(entry[1], tuple)}  # a tuple: a place, others
logging.getLogger("exifread").setLevel(logging.CRITICAL)  # it warns of each damaged field, and nobody reads it


def read_block(block: bytes) -> tuple[Mapping[str, IfdTag], bool]:
    """Return tags by exifread's names, and whether nothing was damaged.

    Names begin with "Image", "EXIF" or "MakerNote". `block` begins as a TIFF file does, and may be one.
    """
    header = _Header(_Metered(block), chr(block[0]) if block else "", 0, 0, strict=False)
    if block[:2] not in (b"II", b"MM"):
        return {}, False
    try:
        header.dump_ifd(header.s2n(4, 4), "Image", _TAGS)
        if offset := header.tags.get("Image ExifOffset"):
            header.dump_ifd(offset.values[0], "EXIF", _TAGS)
        if "EXIF MakerNote" in header.tags and "Image Make" in header.tags:
            header.decode_maker_note()
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - it trusts what it reads, and raises nearly anything on damaged blocks
        return header.tags, False
    return header.tags, True


class _Metered(io.BytesIO):
    """End a reading that costs more than any camera's block does."""

    cost = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Read at most 64 KiB at once."""
        data = super().read(MAX_PART if size is None or size < 0 else min(size, MAX_PART))
        self.cost += 1 + len(data) // COST_BYTES
        if self.cost > MAX_COST:
            raise ValueError("too much to read")
        return data


class _Header(ExifHeader):
    """Decode a maker's note only where it has the form that exifread knows."""

    def dump_ifd(self, ifd: int, ifd_name: str, tag_dict: Any = None, *given: Any, **named: Any) -> None:
        """Read a directory, unless it is a maker's and none."""
        if ifd_name == NOTE:
            self.file_handle.seek(self.offset + ifd)
            ifd += len(_SONY) * (self.file_handle.read(len(_SONY)) == _SONY)
            if not self._is_directory(ifd):
                return
        super().dump_ifd(ifd, ifd_name, tag_dict, *given, **named)

    def _is_directory(self, ifd: int) -> bool:
        count = self.s2n(ifd, 2)
        return count <= MAX_ENTRIES and all(self.s2n(ifd + 4 + 12 * entry, 2) in _TYPES for entry in range(count))
