"""Make zip archives whose index lies, or promises far more than is there."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Mapping
from functools import partial

from .hostile_pickles import SOUND, older, text, zipped

Made = Callable[[], bytes]
_CENTRAL, _END = b"PK\x01\x02", b"PK\x05\x06"
_LINK = 0o120777 << 16  # of a symbolic link, among an entry's attributes


def _archive(entries: Mapping[str, bytes], compression: int = zipfile.ZIP_STORED, attributes: int = 0) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", compression, compresslevel=9) as archive:
        for name, data in entries.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type, entry.external_attr = compression, attributes
            archive.writestr(entry, data, compresslevel=9)
    return kept.getvalue()


def _twice(name: str, data: bytes) -> bytes:
    """Return a sound archive with one part more, of a name that it has."""
    kept = io.BytesIO(zipped(SOUND))
    with zipfile.ZipFile(kept, "a") as archive, warnings.catch_warnings(action="ignore"):
        archive.writestr(name, data)
    return kept.getvalue()


def _index(place: int, value: int, size: int = 4, *, entry: int = 0) -> bytes:
    """Return an archive with another value in its index."""
    data = bytearray(zipped(SOUND))
    start = -1
    for _ in range(entry + 1):
        start = data.index(_CENTRAL, start + 1)
    data[start + place : start + place + size] = value.to_bytes(size, "little")
    return bytes(data)


def _last(place: int, value: int, size: int) -> bytes:
    """Return an archive with another value at a place of its last record."""
    data = bytearray(zipped(SOUND))
    start = data.rindex(_END) + place
    data[start : start + size] = value.to_bytes(size, "little")
    return bytes(data)


def _overlapping(count: int, size: int) -> bytes:
    """Return an archive of which every entry is the same compressed data."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(bytes(size)) + packer.flush()
    facts = struct.pack("<HHHHHIII", 20, 0, 8, 0, 33, zlib.crc32(bytes(size)), len(packed), size)
    name = b"a/data.pkl"
    local = b"PK\x03\x04" + facts + struct.pack("<HH", len(name), 0) + name + packed
    names = [name] + [b"a/data/%d" % number for number in range(count - 1)]
    index = b"".join(
        _CENTRAL + struct.pack("<H", 20) + facts + struct.pack("<HHHHHII", len(one), 0, 0, 0, 0, 0, 0) + one
        for one in names
    )
    return local + index + _END + struct.pack("<HHHHIIH", 0, 0, count, count, len(index), len(local), 0)


def _long_entry(claimed: int) -> bytes:
    """Return an archive whose first entry claims a size in 64 bits."""
    extra = struct.pack("<HHQQ", 1, 16, claimed, claimed)
    name = b"a/data.pkl"
    facts = struct.pack("<HHHHHIII", 45, 0, 0, 0, 33, zlib.crc32(SOUND), 2**32 - 1, 2**32 - 1)
    local = b"PK\x03\x04" + facts + struct.pack("<HH", len(name), len(extra)) + name + extra + SOUND
    numbers = struct.pack("<HHHHHII", len(name), len(extra), 0, 0, 0, 0, 0)
    index = _CENTRAL + struct.pack("<H", 45) + facts + numbers + name + extra
    return local + index + _END + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(index), len(local), 0)


def _nested(depth: int) -> bytes:
    data = bytes(10**6)
    for _ in range(depth):
        data = _archive({"a/data.pkl": data}, zipfile.ZIP_DEFLATED)
    return data


_PARTS = {"a/data.pkl": SOUND, "a/byteorder": b"little", "a/data/0": bytes(16), "a/version": b"3\n"}
ZIPS: Mapping[str, Made] = {
    "zip of 100 MB of zeros": partial(_overlapping, 2, 5 * 10**7),
    "zip of overlapping entries": partial(_overlapping, 5_000, 10**6),
    "zip of 20,000 names": lambda: _archive({**_PARTS, **{f"{n}": b"" for n in range(20_000)}}),
    "zip within zip within zip": partial(_nested, 3),
    "zip without a pickle": lambda: _archive({"a/data/0": bytes(16)}),
    "zip with its parts outside": lambda: _archive({f"../../{name}": data for name, data in _PARTS.items()}),
    "zip with its parts at a root": lambda: _archive({f"/{name}": data for name, data in _PARTS.items()}),
    "zip with a part outside": lambda: _archive({**_PARTS, "a/../../.profile": b"id"}),
    "zip with a part twice": lambda: _twice("a/data/0", bytes(16)),
    "zip with its pickle twice": lambda: _twice("a/data.pkl", b"\x80\x02}" + text("w") + b"cos\nsystem\n" + b"s."),
    "zip of links": lambda: _archive(dict.fromkeys(_PARTS, b"/etc/passwd"), attributes=_LINK),
    "zip with two pickles": lambda: _archive({**_PARTS, "b/data.pkl": SOUND}),
    "zip in pieces of another disk": partial(_last, 4, 1, 2),
    "zip that claims 65,535 entries": partial(_last, 8, 2**32 - 1, 4),
    "zip with its index far off": partial(_last, 16, 2**32 - 2, 4),
    "zip with an index of 4 GB": partial(_last, 12, 2**32 - 2, 4),
    "zip with an encrypted pickle": partial(_index, 8, 1, 2),
    "zip packed in an unknown way": partial(_index, 10, 99, 2),
    "zip with another checksum": partial(_index, 16, 1),
    "zip with a pickle of 4 GB": partial(_index, 24, 2**32 - 2),
    "zip with a storage of 1 GB": partial(_index, 24, 10**9, entry=2),
    "zip with a pickle beyond its end": partial(_index, 42, 2**31),
    "zip with a name of 65,535 letters": partial(_index, 28, 2**16 - 1, 2),
    "zip64 of 2^62 bytes": partial(_long_entry, 2**62),
    "zip64 of 2^64 - 1 bytes": partial(_long_entry, 2**64 - 1),
    "zip without its end": lambda: zipped(SOUND)[:-30],
    "zip of a packed pickle of 20 MB": lambda: _archive({"a/data.pkl": bytes(2 * 10**7)}, zipfile.ZIP_DEFLATED),
    "Keras archive with code in a Lambda": lambda: _archive(
        {"config.json": b'{"class_name": "Lambda", "config": {"function": "os.system"}}', "model.weights.h5": b""}
    ),
    "NumPy archive with a pickled object": lambda: _archive({"w.npy": b"\x93NUMPY\x01\x00" + b"cos\nsystem\n."}),
    "TorchScript with code": lambda: _archive(
        {**_PARTS, "a/constants.pkl": b"\x80\x02).", "a/code/__torch__.py": b"import os"}
    ),
    "tar that begins as a pickle": lambda: (
        b"\x80\x02".ljust(257, b"\0") + b"ustar\x0000".ljust(255, b"\0") + older(SOUND)
    ),
}
