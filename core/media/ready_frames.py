"""Keep frames that were decoded while a video was opened, or hand them on."""

from __future__ import annotations

import itertools
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from ..types import Array

MAX_BYTES = 128 * 2**20  # of one video: 16 frames of 1920 x 1080 are 95 MiB
MAX_BYTES_OF_ALL = 3 * MAX_BYTES  # of all videos that nobody has read; the oldest give way
_lock = threading.Lock()
_numbers = itertools.count()
_held: weakref.WeakValueDictionary[int, ReadyFrames] = weakref.WeakValueDictionary()


class ReadyFrames:
    """Hold decoded frames by index until they are read.

    Frames are (H, W, 3) uint8. Each is handed over once, so that no memory stays behind.
    """

    __slots__ = ("__weakref__", "_frames")

    def __init__(self, frames: dict[int, Array] | None = None) -> None:
        self._frames = frames or {}
        if self._frames:
            with _lock:
                _held[next(_numbers)] = self
                _make_room()

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def nbytes(self) -> int:
        """Return the bytes of the frames that wait."""
        return sum(frame.nbytes for frame in self._frames.values())

    def read(
        self, wanted: list[int], decode: Callable[[list[int]], Iterable[tuple[int, Array]]]
    ) -> Iterator[tuple[int, Array]]:
        """Yield (index, frame) of the ascending `wanted`.

        `decode` gives those that do not lie ready.
        """
        with _lock:
            ready = {index: self._frames.pop(index) for index in wanted if index in self._frames}
        rest = [index for index in wanted if index not in ready]
        for index, frame in decode(rest) if rest else ():
            while ready and (first := next(iter(ready))) < index:
                yield first, ready.pop(first)
            yield index, frame
        while ready:
            first = next(iter(ready))
            yield first, ready.pop(first)


class FrameTaker(Protocol):
    """Take a video's frames while the rest of it is decoded."""

    def take(self, index: int, frame: Array) -> None:
        """Take the next frame (H, W, 3) uint8; nothing keeps it but the taker."""
        ...

    def forget(self) -> None:
        """Forget all frames, as a damaged video is read again."""
        ...


class MetFrames:
    """Keep the frames met while a video is opened, or hand them on."""

    __slots__ = ("_kept", "_taker")

    def __init__(self, taker: FrameTaker | None) -> None:
        self._kept: dict[int, Array] = {}
        self._taker = taker

    def add(self, index: int, frame: Array) -> None:
        """Add the next frame (H, W, 3) uint8."""
        if self._taker:
            self._taker.take(index, frame)
        else:
            self._kept[index] = frame

    def ready(self, *, good: bool) -> ReadyFrames:
        """Return those that were kept; nobody has any where they are not good."""
        if self._taker and not good:
            self._taker.forget()
        return ReadyFrames(self._kept if good else None)


def _make_room() -> None:
    held = [_held[number] for number in sorted(_held)]
    total = sum(one.nbytes for one in held)
    for one in held[:-1]:
        if total <= MAX_BYTES_OF_ALL:
            return
        total -= one.nbytes
        one._frames = {}
