"""Read EXIF data as plain text, whatever they hold.

Pillow reads them first. `exifread` adds the named fields of the maker's own note, whose forms are undocumented, and
what it finds where Pillow gives up; it is a second parser of hostile bytes, which runs where Pillow does: in a process
of its own, see `readers`. What Pillow read stays as it is. The place is told on demand only, and that of a maker's
note never.

A replay of a case from before passes over the fields that are new. It names a difference for files whose EXIF data
Pillow could not read at all, or whose maker's note is damaged: older records have no field there, or no note on it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from PIL import ExifTags, Image

from ..types.provenance import Location
from .sniff import clean

if TYPE_CHECKING:
    from exifread.core.ifd_tag import IfdTag

try:
    from .exif_block import NOTE, read_block
except (ImportError, AttributeError):  # another release of `exifread` has its inner parts elsewhere
    NOTE = "MakerNote"

    def read_block(block: bytes) -> tuple[Mapping[str, IfdTag], bool]:
        """Read nothing beside Pillow."""
        return {}, True


MAX_FIELDS, MAX_MAKER_FIELDS, MAX_TEXT = 100, 80, 200  # of one file, of its maker's note; characters of one field
DAMAGED = "the EXIF data are damaged: what could be read is shown"
_BULKY = frozenset((0x02BC, 0x8649, 0x8773, 0x83BB, 0x9286))  # XMP, Photoshop, ICC, IPTC: read elsewhere, or raw
_GPS = 0x8825
_MAKER_NOTE = 0x927C
_POINTERS = frozenset((0x8769, _GPS, 0xA005, _MAKER_NOTE))  # to other blocks
_BYTES = frozenset((1, 7))  # types of fields
_OF_PLACES = 0x1F  # the highest number of a field of a place: a damaged pointer may lead among them
# Of a maker's note: without a name, of a place, or no text.
_LEFT_OUT = re.compile("Tag 0x|Unknown|GPS|Location|Latitude|Longitude|Thumbnail|Preview|DataDump|PrintIM")


def read_exif(image: Image.Image, content: bytes) -> tuple[dict[str, str], bool, tuple[str, ...]]:
    """Return fields by name, whether there is a place, and notes on damage.

    The place itself is left out: `read_location` reads it on demand. Fields of the maker's note come last, and their
    names begin with "MakerNote". `content` is that of the image's file.
    """
    fields: dict[str, str] = {}
    located, noted, sound = False, False, True
    try:
        exif = image.getexif()
        located = _GPS in exif and bool(exif.get_ifd(_GPS))
        own = exif.get_ifd(ExifTags.IFD.Exif)
        noted = _MAKER_NOTE in own
        for directory in (exif, own):
            _collect(directory, fields)
    except (MemoryError, RecursionError):
        raise
    except Exception:  # noqa: BLE001 - Pillow parses them lazily and raises nearly anything on damaged ones
        sound = False
    block = _block(image, content)
    unread = not sound or (bool(block) and not fields and not located)  # Pillow is silent on a JPEG's damaged header
    if unread or noted:
        tags, whole = read_block(block)
        if unread:
            _fill(_plain_fields(tags), fields, MAX_FIELDS)
            sound = sound and not fields
        _fill(_maker_fields(tags), fields, len(fields) + MAX_MAKER_FIELDS)
        sound = sound and whole
    return fields, located, () if sound else (DAMAGED,)


def _block(image: Image.Image, content: bytes) -> bytes:
    """Return the EXIF data's bytes; a TIFF file is such a block."""
    found = content if image.format == "TIFF" else image.info.get("exif", b"")
    return found.removeprefix(b"Exif\0\0") if isinstance(found, bytes) else b""


def _plain_fields(tags: Mapping[str, IfdTag]) -> Iterator[tuple[str, str]]:
    """Yield fields of tags from `read_block`, by the names that Pillow gives them."""
    for name, tag in tags.items():
        known = tag.tag in ExifTags.TAGS and tag.tag > _OF_PLACES and tag.tag not in _BULKY | _POINTERS
        if known and not name.startswith(NOTE):
            yield ExifTags.TAGS[tag.tag], as_text(bytes(tag.values) if tag.field_type in _BYTES else tag.values)


def _maker_fields(tags: Mapping[str, IfdTag]) -> Iterator[tuple[str, str]]:
    for name, tag in tags.items():
        if name.startswith(NOTE) and not _LEFT_OUT.search(name):
            yield name, as_text(tag.values if isinstance(tag.values, bytes) else tag.printable)


def _fill(found: Iterator[tuple[str, str]], fields: dict[str, str], most: int) -> None:
    for name, text in found:
        if text and len(fields) < most:
            fields.setdefault(name, text)


def read_location(image: Image.Image) -> Location | None:
    """Return where the EXIF data say that an image was taken, or None."""
    try:
        gps = image.getexif().get_ifd(_GPS)
        latitude, longitude = (_degrees(gps[tag], gps.get(tag - 1), negative) for tag, negative in ((2, "S"), (4, "W")))
    except (MemoryError, RecursionError):
        raise
    except Exception:  # noqa: BLE001 - as above; a place that cannot be read is none
        return None
    fine = math.isfinite(latitude) and math.isfinite(longitude) and abs(latitude) <= 90 and abs(longitude) <= 180
    return Location(latitude, longitude) if fine else None


def _degrees(parts: Any, side: Any, negative: str) -> float:
    whole, minutes, seconds = (float(part) for part in parts)
    degrees = whole + minutes / 60 + seconds / 3600
    return -degrees if clean(side).upper().startswith(negative) else degrees


def _collect(block: Mapping[int, Any], fields: dict[str, str]) -> None:
    for tag, value in block.items():
        if len(fields) >= MAX_FIELDS:
            return
        if tag in _BULKY or tag in _POINTERS:
            continue
        if text := as_text(value):
            fields.setdefault(ExifTags.TAGS.get(tag, f"tag {tag:#06x}"), text)


def as_text(value: Any) -> str:
    """Return a field's value on one printable line of at most 200 characters."""
    if isinstance(value, bytes):
        head = value[: 4 * MAX_TEXT].rstrip(b"\0").removeprefix(b"ASCII\0\0\0").removeprefix(b"UNICODE\0")
        text = head.decode("utf-8", "replace")
        return clean(text, MAX_TEXT) if head and text.count("\ufffd") <= len(text) // 10 else f"{len(value)} bytes"
    if isinstance(value, (tuple, list)):
        return clean(", ".join(as_text(part) for part in value[:16]), MAX_TEXT)
    return clean(str(value)[: 4 * MAX_TEXT], MAX_TEXT)
