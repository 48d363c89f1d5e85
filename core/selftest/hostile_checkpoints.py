"""Make checkpoints of few bytes that promise, or cost, far more."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import h5py
import numpy as np

Maker = Callable[[Path], None]


def _offset(value: str) -> Maker:
    def make(path: Path) -> None:
        header = f'{{"w": {{"dtype": "F32", "shape": [1], "data_offsets": [0, {value}]}}}}'.encode()
        path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))

    return make


def _many(path: Path) -> None:
    facts = {f"w{number}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for number in range(100_000)}
    header = json.dumps(facts).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header)


def _long(path: Path) -> None:
    path.write_bytes((2**62).to_bytes(8, "little") + b"{}")


def _promise(**stored: object) -> Maker:
    def make(path: Path) -> None:
        with h5py.File(path, "w") as file:
            file.create_dataset("w", dtype="f4", **stored)

    return make


def _linked(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["a/weight"] = np.zeros(3, np.float32)
        file["b/weight"] = h5py.ExternalLink("gone.h5", "w")


def _pickled(path: Path) -> None:
    path.write_bytes(b"cos\nsystem\n(S'true'\ntR.")


_SIZE = 480_000_000
CHECKPOINTS: Mapping[str, Maker] = {
    "safetensors with offset 1e400": _offset("1e400"),
    "safetensors with offset -4": _offset("-4"),
    "safetensors with an offset of 4,300 digits": _offset("9" * 4300),
    "safetensors of 100,000 tensors": _many,
    "safetensors with a header of 2^62 bytes": _long,
    "HDF5 of 1,400 bytes for 1.9 GB": _promise(shape=(_SIZE,)),
    "HDF5 of 1.9 GB in one chunk": _promise(shape=(_SIZE,), chunks=(_SIZE,), compression="gzip"),
    "HDF5 with a link to another file": _linked,
    "pickle that runs a program": _pickled,
}
