"""Read with `exifread` what Pillow leaves of an EXIF block.

That is the maker's note, and what stands in a damaged block. `exifread` bounds nothing itself, follows every pointer,
and takes any bytes for a maker's note. So its reads are counted, only the first directory, its EXIF directory and the
maker's note are followed (no place, no thumbnail), and a note is decoded only where a directory stands whose
offsets hold.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Collection, Mapping
from typing import Any

from exifread.core.exif_header import ExifHeader
from exifread.core.ifd_tag import IfdTag
from exifread.tags import DEFAULT_STOP_TAG
from exifread.tags.exif import EXIF_TAGS
from exifread.tags.fields import FIELD_DEFINITIONS, FieldType

MAX_COST, MAX_PART, COST_BYTES = 300_000, 1 << 16, 64  # half a second; bytes of a read; bytes that cost as a read does
MAX_ENTRIES = 400  # of a maker's note
NOTE = "MakerNote"  # begins the names of its fields
_SONY = b"SONY DSC \0\0\0"  # stands before Sony's directory, and exifread does not pass over it
_NEXT = 4  # bytes behind a directory, where the next one would be named: newer Sony cameras leave them out
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
    """Decode a maker's note only where its form is known and its offsets hold."""

    _left: Collection[int] = ()

    def dump_ifd(
        self, ifd: int, ifd_name: str, tag_dict: Any = None, relative: int = 0, stop_tag: str = DEFAULT_STOP_TAG
    ) -> None:
        """Read a directory, unless it is a maker's and none."""
        if ifd_name == NOTE:
            self.file_handle.seek(self.offset + ifd)
            sony = self.file_handle.read(len(_SONY)) == _SONY
            ifd += len(_SONY) * sony
            outside = self._outside(ifd, relative, 0 if sony else _NEXT)
            if outside is None:
                return
            self._left = outside
        super().dump_ifd(ifd, ifd_name, tag_dict, relative, stop_tag)

    def _process_tag(self, ifd: int, ifd_name: str, tag_entry: Any, entry: int, tag: int, *others: Any) -> None:
        """Pass over fields of a maker's note that lie outside of it."""
        if ifd_name != NOTE or tag not in self._left:
            super()._process_tag(ifd, ifd_name, tag_entry, entry, tag, *others)

    def _outside(self, ifd: int, relative: int, ending: int) -> set[int] | None:
        """Return the note's fields whose bytes lie outside of it.

        None where there is no directory, or text and numbers lie outside: software that moves a note leaves the offsets
        in it as they were, and they lead anywhere.
        """
        note, count, found = self.tags["EXIF MakerNote"], self.s2n(ifd, 2), set[int]()
        behind, end = self.offset + ifd + 2 + 12 * count + ending, note.field_offset + note.field_length
        if count > MAX_ENTRIES:
            return None
        for entry in range(ifd + 2, ifd + 2 + 12 * count, 12):
            kind = self.s2n(entry + 2, 2)
            if kind not in _TYPES:
                return None
            size = self.s2n(entry + 4, 4) * FIELD_DEFINITIONS[FieldType(kind)][0]
            start = self.s2n(entry + 8, 4) + self.offset + (ifd - 8 if relative else 0)
            if size > 4 and not behind <= start <= end - size:
                if kind != FieldType.UNDEFINED:
                    return None
                found.add(self.s2n(entry, 2))
        return found
