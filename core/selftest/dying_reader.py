"""Read as the real reader does, but die of files whose names say how."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterator, Mapping

from ..media import reader_process
from ..sandbox.channel import Values
from ..sandbox.shared_regions import Strips
from ..types import Array

DEATHS: Mapping[str, Callable[[], object]] = {
    "segfault": lambda: ctypes.string_at(0),
    "abort": os.abort,
    "exit": lambda: os._exit(3),
    "memory": lambda: bytearray(2**33),
}


def answer(task: str, values: Values, file: int) -> Iterator[tuple[Values, Array | Strips | None]]:
    """Answer as the real reader, once the file's name has been obeyed."""
    how, _, when = str(values["name"]).partition(" ")
    if how in DEATHS and when.startswith(task):
        DEATHS[how]()
    if when.startswith("frames") and task == "video":
        values = {**values, "ahead": 0}  # none lie ready: there is a reading to die in
    yield from reader_process.answer(task, values, file)
