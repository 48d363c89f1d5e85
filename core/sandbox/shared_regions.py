"""Share memory without a name between two processes.

Differs: from `multiprocessing.shared_memory`, whose blocks have names that outlive a killed process, and which the
other side may shorten, so that the next look at them kills this one. These are sealed where the system can (Linux).
"""

from __future__ import annotations

import contextlib
import mmap
import os
import tempfile
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..types import Array

AHEAD_BYTES = 64 * 2**20  # of arrays that lie ready before they are asked for
AHEAD = 8  # arrays, at most


def new_file(content: bytes | int) -> int:
    """Open a new file in memory, of this content or length; return its number."""
    if not hasattr(os, "memfd_create"):  # not Linux: a file without a name
        with tempfile.TemporaryFile() as file:
            file.write(content) if isinstance(content, bytes) else file.truncate(content)
            file.flush()
            return os.dup(file.fileno())
    import fcntl  # there wherever `memfd_create` is

    number = os.memfd_create("prosopon", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
    if isinstance(content, bytes):
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(number, rest) :]
        seals |= fcntl.F_SEAL_WRITE
    else:
        os.ftruncate(number, content)
    fcntl.fcntl(number, fcntl.F_ADD_SEALS, seals)
    return number


class HeldBytes:
    """Hold bytes as an open file in memory that nobody can change.

    It is closed with this object.
    """

    __slots__ = ("__weakref__", "number")

    def __init__(self, content: bytes) -> None:
        self.number = new_file(content)
        weakref.finalize(self, _close, self.number)


def _close(number: int) -> None:
    with contextlib.suppress(OSError):
        os.close(number)


@dataclass(frozen=True, slots=True, eq=False)
class Strips:
    """Hold an array that is made from its first rows to its last.

    shape, dtype: of the whole; parts: (rows, ...) each.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    parts: Iterator[Array]

    @property
    def nbytes(self) -> int:
        """Return the bytes of the whole."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize

    def write(self, number: int) -> None:
        """Write to an open file.

        It costs less than the first touch of as much mapped memory.
        """
        place = 0
        for part in self.parts:
            rest = np.ascontiguousarray(part, self.dtype).reshape(-1).view(np.uint8).data
            while rest:
                written = os.pwrite(number, rest, place)
                rest, place = rest[written:], place + written


class WholeArray:
    """Hold the memory of one array of up to `size` bytes.

    Its reader takes it over without a copy.
    number: of the open file behind it.
    """

    __slots__ = ("__weakref__", "number", "size")

    def __init__(self, size: int) -> None:
        self.number, self.size = new_file(size), size
        weakref.finalize(self, _close, self.number)

    def take(self, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Array:
        """Return the array, not writable.

        Its writer could change it as long as it lives: it is ended before anybody looks.
        """
        memory = mmap.mmap(self.number, self.size, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ)
        return np.ndarray(shape, dtype, memory)


class Region:
    """Hold places for arrays of up to `size` bytes in shared memory.

    number: of the open file behind it.
    """

    __slots__ = ("memory", "places", "size")

    def __init__(self, number: int, places: int, size: int) -> None:
        self.memory = mmap.mmap(number, places * size)
        self.places, self.size = places, size

    def put(self, place: int, array: Array) -> None:
        """Copy an array into a place."""
        self._view(place, array.dtype, array.shape)[...] = array

    def take(self, place: int, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Array:
        """Copy an array out of a place."""
        return self._view(place, dtype, shape).copy()

    def lend(self, place: int, dtype: np.dtype[Any], shape: tuple[int, ...], back: Callable[[int], object]) -> Array:
        """Show the array in a place, not writable; its writer could change it until it ends.

        Args:
            place: in [0, `places`).
            dtype: of the array.
            shape: of the array.
            back: told the place once nobody holds the array or a part of it.
        """
        array = self._view(place, dtype, shape)
        array.setflags(write=False)
        weakref.finalize(array, back, place).atexit = False
        return array

    def _view(self, place: int, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Array:
        return np.ndarray(shape, dtype, self.memory, place * self.size)


def new_region(size: int) -> tuple[int, Region]:
    """Make a region for arrays of up to `size` bytes, and its open file."""
    size = -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
    places = max(1, min(AHEAD, AHEAD_BYTES // size))
    number = new_file(places * size)
    return number, Region(number, places, size)
