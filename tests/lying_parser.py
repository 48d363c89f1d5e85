"""Be a parser of checkpoints and of networks that dies or lies, as the file's name says; it imports next to nothing."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator

import numpy as np

from core.sandbox.channel import Values
from core.types import Array

NETWORK = {"version": 17, "faces": 1, "output": 1, "constants": [], "steps": []}
FALSE_STEP = {"op": "Relu", "inputs": [0], "outputs": [1], "attributes": {"a": "b"}}


def answer(task: str, values: Values, file: int) -> Iterator[tuple[Values, Array | None]]:
    """Crash at once, or late; or answer what no reader answers."""
    name = str(values["name"])
    if "crash" in name:
        ctypes.string_at(0)
    if "late" in name:
        yield {"network": NETWORK, "dimension": 48}, None
        ctypes.string_at(0)
    if task == "checkpoint":
        yield {"key": "w", "dtype": "float32", "shape": [9]}, np.zeros(4, np.uint8)
    elif "lie" in name:
        yield {"network": {**NETWORK, "constants": [[3, 9]], "steps": [FALSE_STEP]}}, None
    else:
        yield {"dimension": 48}, None
