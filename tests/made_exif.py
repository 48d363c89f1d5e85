"""EXIF blocks made by hand, with makers' notes: every offset is known, so that single fields can be damaged."""

from __future__ import annotations

import struct
from collections.abc import Sequence

ASCII, SHORT, LONG, RATIO, UNDEFINED = 2, 3, 4, 5, 7
Field = tuple[int, int, "str | bytes | int | Sequence[int]"]  # tag, type, value
_SIZES = {1: ("B", 1), SHORT: ("H", 1), LONG: ("I", 1), RATIO: ("I", 2)}


def directory(fields: Sequence[Field], at: int, order: str = "<") -> bytes:
    """A directory that stands `at` bytes after where its offsets count from, with its values behind it."""
    entries, values = struct.pack(f"{order}H", len(fields)), b""
    behind = at + 2 + 12 * len(fields) + 4
    for tag, kind, value in fields:
        data, count = _data(kind, value, order)
        entries += struct.pack(f"{order}HHI", tag, kind, count)
        if len(data) <= 4:
            entries += data.ljust(4, b"\0")
        else:
            entries += struct.pack(f"{order}I", behind + len(values))
            values += data + b"\0" * (len(data) % 2)
    return entries + struct.pack(f"{order}I", 0) + values


def _data(kind: int, value: str | bytes | int | Sequence[int], order: str) -> tuple[bytes, int]:
    if isinstance(value, str):
        value = value.encode() + b"\0"
    if isinstance(value, bytes):
        return value, len(value)
    numbers = [value] if isinstance(value, int) else list(value)
    letter, each = _SIZES[kind]
    return struct.pack(f"{order}{len(numbers)}{letter}", *numbers), len(numbers) // each


def block(make: str, note: Sequence[Field], *, head: bytes = b"", order: str = "<", place: bool = False) -> bytes:
    """An EXIF block as JPEG files hold it, with a maker's note: `head`, then a directory.

    The offsets of a Nikon note (its head holds a TIFF header) count from that header, else from the block's beginning.
    """
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    gps = directory([(1, ASCII, "N"), (2, RATIO, (52, 1, 31, 1, 77, 1))], 8 + 200, order) if place else b""
    own_at = 8 + 200 + len(gps)  # the first directory has 200 bytes
    plain: list[Field] = [(0x829A, RATIO, (1, 60)), (0x9003, ASCII, "2026:01:02 03:04:05")]
    note_at = own_at + len(directory([*plain, (0x927C, UNDEFINED, b"")], own_at, order))
    counted_from = note_at + head.index(start[:4]) if start[:4] in head else 0
    data = head + directory(note, note_at + len(head) - counted_from, order)
    own = directory([*plain, (0x927C, UNDEFINED, data)], own_at, order)
    first: list[Field] = [(0x010F, ASCII, make), (0x0110, ASCII, "Model X"), (0x0112, SHORT, 1), (0x8769, LONG, own_at)]
    if place:
        first.append((0x8825, LONG, 8 + 200))
    return b"Exif\0\0" + start + directory(first, 8, order).ljust(200, b"\0") + gps + own


def canon(*, place: bool = False) -> bytes:
    """With a lens, a serial number, firmware, one of the packed tables, and a field that nobody knows."""
    settings = [0] * 40
    settings[0], settings[1], settings[3] = 80, 1, 3  # bytes; macro mode; quality
    fields: list[Field] = [
        (0x0001, SHORT, settings),
        (0x0006, ASCII, "Canon EOS 5D"),
        (0x0007, ASCII, "Firmware Version 1.1.1"),
        (0x000C, LONG, 1234567890),
        (0x0095, ASCII, "EF24-105mm f/4L IS USM"),
        (0x4242, ASCII, "nobody knows"),
    ]
    return block("Canon", fields, place=place)


def nikon(*extra: Field, order: str = ">") -> bytes:
    """With a TIFF header of its own, a serial number, and the place where the camera was set to be."""
    head = b"Nikon\0\2\x10\0\0" + (b"MM\0*" if order == ">" else b"II*\0") + struct.pack(f"{order}I", 8)
    fields: list[Field] = [
        (0x0004, ASCII, "FINE   "),
        (0x001D, ASCII, "6001234"),
        (0x0039, UNDEFINED, b"0100" + b"SECRETPLACE"),
        *extra,
    ]
    return block("NIKON CORPORATION", fields, head=head, order=order)


def sony() -> bytes:
    """With the letters that stand before Sony's directory."""
    return block("SONY", [(0xB020, ASCII, "Standard"), (0xB027, LONG, 50)], head=b"SONY DSC \0\0\0")
