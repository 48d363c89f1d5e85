"""Make HDF5 files that promise, or cost, far more than they hold."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import h5py
import numpy as np

Made = Callable[[], bytes]
Build = Callable[[Any], None]
_SIZE = 480_000_000
_TEXT = 500_000  # letters


def _made(build: Build, *, sound: bool = False, **options: Any) -> bytes:
    """Return a file as built; `sound`: behind a sound tensor."""
    kept = io.BytesIO()
    with h5py.File(kept, "w", **options) as file:
        if sound:
            file["a/weight"] = np.zeros(3, np.float32)
        build(file)
    return kept.getvalue()


def _promise(**stored: Any) -> Made:
    return partial(_made, lambda file: file.create_dataset("w", **{"dtype": "f4", **stored}))


def _linked(link: Any) -> Made:
    return partial(_made, lambda file: file.__setitem__("b/weight", link), sound=True)


def _valued(value: Any, **stored: Any) -> Made:
    return partial(_made, lambda file: file.create_dataset("w", data=value, **stored))


def _layers(names: Any, weights: Any) -> Made:
    def build(file: Any) -> None:
        file.attrs["layer_names"] = names
        file["a"].attrs["weight_names"] = weights

    return partial(_made, build, sound=True)


def _virtual(file: Any) -> None:
    layout = h5py.VirtualLayout((1000,), "f4")
    layout[:] = h5py.VirtualSource("gone.h5", "w", (1000,))
    file.create_virtual_dataset("w", layout)


def _packed_in(data: bytes, claimed: int, filters: int = 1) -> bytes:
    """Return a file with a compressed chunk that claims so many bytes."""

    def build(file: Any) -> None:
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_chunk((claimed,))
        for _ in range(filters):
            plan.set_deflate(9)
        space = h5py.h5s.create_simple((claimed,))
        h5py.h5d.create(file.id, b"w", h5py.h5t.STD_U8LE, space, plan).write_direct_chunk((0,), data)

    return _made(build)


def _filtered(number: int) -> bytes:
    def build(file: Any) -> None:
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_chunk((100,))
        plan.set_filter(number, h5py.h5z.FLAG_OPTIONAL, (1, 2, 3))
        space = h5py.h5s.create_simple((100,))
        h5py.h5d.create(file.id, b"w", h5py.h5t.IEEE_F32LE, space, plan).write_direct_chunk((0,), bytes(400))

    return _made(build)


def _deep(file: Any, depth: int) -> None:
    group = file
    for _ in range(depth):
        group = group.create_group("g")
    group["w"] = np.zeros(1, np.float32)


def _many_links(file: Any) -> None:
    one = file["a/weight"].id
    for number in range(45_000):
        h5py.h5o.link(one, file.id, b"%d" % number)


def _one_text_often(*, count: int, attribute: str) -> bytes:
    """Return a file with a list of one long text, often."""
    kind = h5py.string_dtype()

    def build(file: Any) -> None:
        texts = np.array(["x" * _TEXT] + ["y"] * (count - 1), object)
        file.attrs.create(attribute, texts, dtype=kind)

    data = bytearray(_made(build, sound=True))
    start = data.index(_TEXT.to_bytes(4, "little"))  # of references of 16 bytes: length, place, number
    data[start : start + 16 * count] = data[start : start + 16] * count
    return bytes(data)


_DEFLATED = zlib.compress(bytes(10**8), 9)
_COMPOUND = np.zeros(3, [("a", "f4"), ("b", "i8", (3,))])
HDF5: Mapping[str, Made] = {
    "HDF5 of 1,400 bytes for 1.9 GB": _promise(shape=(_SIZE,)),
    "HDF5 of 1.9 GB in one chunk": _promise(shape=(_SIZE,), chunks=(_SIZE,), compression="gzip"),
    "HDF5 of 2^60 numbers": _promise(shape=(2**30, 2**30), chunks=(1, 1)),
    "HDF5 of a million chunks": _promise(shape=(10**6,), dtype="u1", chunks=(1,)),
    "HDF5 of 2^62 times 0 numbers": _promise(shape=(2**62, 0), chunks=None),
    "HDF5 of 32 dimensions": _promise(shape=(2,) * 32),
    "HDF5 with a chunk of 100 MB that claims 1 kB": lambda: _packed_in(_DEFLATED, 1000),
    "HDF5 packed twice": lambda: _packed_in(zlib.compress(_DEFLATED, 9), 1000, 2),
    "HDF5 with a chunk that is not packed": lambda: _packed_in(b"no", 1000),
    "HDF5 with a filter from a library": lambda: _filtered(32_001),
    "HDF5 with a filter that there is not": lambda: _filtered(60_000),
    "HDF5 with a link to another file": _linked(h5py.ExternalLink("gone.h5", "w")),
    "HDF5 with a link to a device": _linked(h5py.ExternalLink("/dev/zero", "w")),
    "HDF5 with a link to itself": _linked(h5py.SoftLink("/b/weight")),
    "HDF5 with a link to nothing": _linked(h5py.SoftLink("/gone")),
    "HDF5 of numbers from a device": _promise(shape=(1000,), external=[("/dev/zero", 0, 4000)]),
    "HDF5 of numbers from /etc/passwd": _promise(shape=(10,), dtype="u1", external=[("/etc/passwd", 0, 10)]),
    "HDF5 of numbers from a virtual file": partial(_made, _virtual),
    "HDF5 of groups 1,000 deep": partial(_made, partial(_deep, depth=1_000), libver="latest"),
    "HDF5 of 45,000 links to one tensor": partial(_made, _many_links, sound=True, libver="latest"),
    "HDF5 of texts only": _valued(["a", "b"]),
    "HDF5 of compounds only": _valued(_COMPOUND),
    "HDF5 of references only": partial(
        _made, lambda file: file.create_dataset("r", data=[file.ref], dtype=h5py.ref_dtype)
    ),
    "HDF5 of long doubles": _valued(np.zeros(3, np.longdouble)),
    "HDF5 of nothing at all": _valued(h5py.Empty("f4")),
    "HDF5 of no tensors": partial(_made, lambda file: file.create_group("a")),
    "HDF5 with NaN": _valued(np.array([np.nan], np.float32)),
    "HDF5 with infinity, big-endian": _valued(np.array([np.inf], ">f2")),
    "HDF5 with NaN in a key of 60,000 letters": partial(
        _made, lambda file: file.__setitem__("w" * 60_000, np.array([np.nan]))
    ),
    "HDF5 with 1,000 layers of one text of 500 kB": partial(_one_text_often, count=1_000, attribute="layer_names"),
    "HDF5 with a layer twice": _layers([b"a", b"a"], [b"weight"]),
    "HDF5 with a weight twice": _layers([b"a"], [b"weight", b"weight"]),
    "HDF5 with a layer that is not there": _layers([b"b"], [b"weight"]),
    "HDF5 with a group for a weight": _layers([b"a"], [b"/"]),
    "HDF5 with a number for its layers": _layers(7, [b"weight"]),
    "HDF5 with a layer of no text": _layers([b"\xff\xfe"], [b"weight"]),
    "HDF5 with 50,000 layers": _layers(np.array([b"a"] * 50_000), [b"weight"]),
    "HDF5 behind 512 bytes": partial(_made, lambda file: None, sound=True, userblock_size=512),
    "HDF5 without its second half": lambda: _made(lambda file: None, sound=True)[:1000],
}
