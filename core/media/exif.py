"""Read EXIF data as plain text, whatever they hold.

Pillow alone reads them. Maker notes are left out: their forms are undocumented and differ by maker and model, and
`exifread`, which guesses at some, would be a second parser of hostile bytes for fields that no answer here uses.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from PIL import ExifTags, Image

from ..types.provenance import Location
from .sniff import clean

MAX_FIELDS, MAX_TEXT = 100, 200  # of one file, and characters of one field
_BULKY = frozenset((0x02BC, 0x8649, 0x8773, 0x83BB, 0x9286))  # XMP, Photoshop, ICC, IPTC: read elsewhere, or raw
_GPS = 0x8825
_POINTERS = frozenset((0x8769, _GPS, 0xA005, 0x927C))  # to other blocks; the last is the maker's own, undocumented


def read_exif(image: Image.Image) -> tuple[dict[str, str], bool, tuple[str, ...]]:
    """Return fields by name, whether there is a place, and notes on damage.

    The place itself is left out: `read_location` reads it on demand.
    """
    fields: dict[str, str] = {}
    try:
        exif = image.getexif()
        located = _GPS in exif and bool(exif.get_ifd(_GPS))
        for block in (exif, exif.get_ifd(ExifTags.IFD.Exif)):
            _collect(block, fields)
    except (MemoryError, RecursionError):
        raise
    except Exception:  # noqa: BLE001 - Pillow parses them lazily and raises nearly anything on damaged ones
        return fields, False, ("the EXIF data are damaged: what could be read is shown",)
    return fields, located, ()


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
