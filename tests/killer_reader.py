"""Read media as the server's readers do, but die of files whose names say so: "crash-opening", "crash-reading" ..."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Iterator

import numpy as np

from core.media import reader_process
from core.sandbox.channel import Values
from core.sandbox.shared_regions import Strips
from core.types import Array


def answer(task: str, values: Values, file: int) -> Iterator[tuple[Values, Array | Strips | None]]:
    """Answer as the real reader does, up to the fault that the name tells."""
    name = str(values["name"])
    if task != "frames":
        _fault(name, "opening")
    if "-reading" in name and task == "video":
        values = {**values, "ahead": 0}  # there is a reading to die in
    for count, (told, array) in enumerate(reader_process.answer(task, values, file)):
        if task == "frames" and count == 3:
            _fault(name, "reading")
        if "lying" in name:
            told = {**told, "size": [10**6, 10**6], "metadata": ["no"], "frame": -1}
        yield told, array


def _fault(name: str, when: str) -> None:
    if f"crash-{when}" in name:
        ctypes.string_at(0)
    if f"hang-{when}" in name:
        time.sleep(1000)
    if f"bomb-{when}" in name:
        np.ones(2**32, np.uint8)
