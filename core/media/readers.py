"""Read people's files in processes of their own, whose death harms nobody.

Each opening, and each reading of frames, has a process, forked from one that has imported the decoders and seen no
file; see `core.sandbox` for what it may not do. It is told the number of an open file, and gives back pixels through
shared memory and plain values, which are checked here. It ends with the reading, and at once when `current_progress`
is asked to stop: a job of `core.engine` is that, so its end is the end of what it had read. It lies here, below the
engine, because frames are decoded when `Media.source` is read, by whatever floor.

What stays in the server: the first bytes are compared with known ones, the file is hashed, and faces are found, all of
which interpret nothing of the file but pixels. `core.sandbox.reading_place` says who reads inside of this process.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import IO, TypeVar, cast

import numpy as np

from ..sandbox.channel import Values
from ..sandbox.reading_place import APART, chosen_reader, reads_inside
from ..sandbox.sandbox import Answer, Bounds, ParserStopped, Sandbox
from ..sandbox.shared_regions import HeldBytes
from ..types import Array, InputError, Media, limits
from .decoder_threads import decoder_threads
from .ready_frames import MAX_BYTES, FrameTaker, MetFrames, ReadyFrames
from .sniff import clean, refusal

MAX_TEXT = 1000  # letters of a sentence
Value = TypeVar("Value")


def warm() -> None:
    """Start what the first file would else wait for, in the background."""
    if not reads_inside():
        with contextlib.suppress(OSError):  # what fails is said to whoever opens a file
            _sandbox(_module()).warm()


def read_image(file: IO[bytes] | HeldBytes, name: str, kind: str) -> tuple[Array, Mapping[str, str], tuple[str, ...]]:
    """Decode an image to pixels (H, W, 3) uint8 RGB, metadata and notes."""
    answers = _run("image", file, name, {"kind": kind}, limits.MEDIA_PROCESSOR_S)
    try:
        pixels = next(answers)[1]
        values = next(answers)[0]
    except StopIteration:
        raise _stopped(name, "it answered nothing") from None
    finally:
        answers.close()  # nobody changes the pixels any more
    if pixels is None:
        raise _stopped(name, "it answered what no reader answers")
    return _checked(pixels, name), _texts(values, name), _notes(values, name)


def read_video(
    source: Path | HeldBytes,
    file: IO[bytes] | HeldBytes,
    *,
    id: str,
    name: str,
    kind: str,
    ahead: int,
    taker: FrameTaker | None = None,
) -> Media:
    """Count a video's frames, and return a Media that reads them.

    Args:
        source: its path or bytes, kept to read the frames from.
        file: the same, open.
        id: SHA-256 of its bytes.
        name: to show.
        kind: a key of `DEMUXERS`.
        ahead: frames, evenly spaced, that are kept for their first reading.
        taker: is handed these frames, which are not kept then; its reader decodes on meanwhile.
    """
    met = _CheckedFrames(name, ahead, taker)
    asked = {"kind": kind, "ahead": ahead, "kept": taker is None, "threads": decoder_threads()}
    with contextlib.closing(_run("video", file, name, asked, limits.MEDIA_PROCESSOR_S)) as answers:
        for values, frame in answers:
            if frame is None:
                return _read_media(values, source, id, name, met)
            met.add(values.get("frame"), frame)
    raise _stopped(name, "it answered nothing")


def _read_media(values: Values, source: Path | HeldBytes, id: str, name: str, met: _CheckedFrames) -> Media:
    """Check what a reader says of a video."""
    try:
        width, height = map(int, cast(list[int], values["size"]))
        frames, fps, index = int(cast(int, values["frames"])), float(cast(float, values["fps"])), values["index"]
        if not (0 < width * height <= limits.MAX_PIXELS and 0 < frames <= limits.MAX_FRAMES and 0 < fps < 1e6):
            raise ValueError
        if met.last >= frames or met.sizes - {(height, width)}:
            raise ValueError
    except (KeyError, TypeError, ValueError, OverflowError):
        raise _stopped(name, "it answered what no reader answers") from None
    clip = _SandboxedClip(source, name, frames, str(index), met.frames.ready(good=values.get("good") is True))
    return Media(id, name, "video", (width, height), frames, fps, clip, _texts(values, name), _notes(values, name))


class _CheckedFrames:
    """Check the frames that come while a video is opened.

    They ascend, and are bounded: in number, and in bytes where they are kept.
    last: their largest index so far; sizes: (height, width) of them.
    """

    __slots__ = ("_ahead", "_bytes", "_kept", "_name", "frames", "last", "sizes")

    def __init__(self, name: str, ahead: int, taker: FrameTaker | None) -> None:
        self.frames, self.last, self.sizes = MetFrames(taker), -1, set[tuple[int, ...]]()
        self._name, self._ahead, self._kept, self._bytes = name, ahead, taker is None, 0

    def add(self, index: object, frame: Array) -> None:
        """Add the next one."""
        self._ahead -= 1
        self._bytes += frame.nbytes if self._kept else 0
        if not isinstance(index, int) or not self.last < index or self._ahead < 0 or self._bytes > MAX_BYTES:
            raise _stopped(self._name, "it answered what no reader answers")
        self.last = index
        self.sizes.add(frame.shape[:2])
        self.frames.add(index, _checked(frame, self._name))


def read_plain(
    task: str, source: Path | bytes, name: str, values: Mapping[str, object], believed: Callable[[Values], Value]
) -> Value:
    """Have a file parsed to plain values.

    Args:
        task: of the reader.
        source: the file's path or bytes.
        name: to show.
        values: handed to the reader.
        believed: checks what it answers, and raises ValueError, TypeError or KeyError at what no reader answers.
    """
    try:
        with contextlib.nullcontext(HeldBytes(source)) if isinstance(source, bytes) else source.open("rb") as file:
            for answer, _ in _run(task, file, name, values, limits.MEDIA_PROCESSOR_S):
                return believed(answer)
    except InputError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        raise _stopped(name, "it answered what no reader answers") from None
    except OSError as error:
        raise refusal(name, f"cannot be read ({clean(error.strerror)})") from error
    raise _stopped(name, "it answered nothing")


@dataclass(frozen=True, slots=True, eq=False)
class _SandboxedClip:
    """Decode a video's frames in a process, but for those that lie ready."""

    source: Path | HeldBytes = field(repr=False)
    name: str
    frames: int
    index: str = field(repr=False)
    ready: ReadyFrames = field(repr=False)

    def read(self, indices: tuple[int, ...]) -> Iterator[tuple[int, Array]]:
        """Yield (index, frame) for those `indices` that can be decoded, ascending.

        Frames are (H, W, 3) uint8 RGB; one pass, no further than the last of them.
        """
        wanted = sorted({index for index in indices if 0 <= index < self.frames})
        if not wanted:
            return
        if isinstance(self.source, HeldBytes):
            yield from self.ready.read(wanted, partial(self._read, self.source))
            return
        try:
            file = self.source.open("rb")
        except OSError as error:
            raise refusal(self.name, f"cannot be read ({clean(error.strerror)})") from error
        with file:
            yield from self.ready.read(wanted, partial(self._read, file))

    def _read(self, file: IO[bytes] | HeldBytes, wanted: list[int]) -> Iterator[tuple[int, Array]]:
        seconds = limits.MEDIA_PROCESSOR_S + limits.FRAME_PROCESSOR_S * len(wanted)
        asked = {"index": self.index, "indices": wanted, "threads": decoder_threads()}
        left = iter(wanted)
        for values, frame in _run("frames", file, self.name, asked, seconds):
            index = values.get("frame")
            if frame is None or not isinstance(index, int) or index not in left:  # takes all up to it: they only ascend
                raise _stopped(self.name, "it answered what no reader answers")
            yield index, _checked(frame, self.name)


def _run(
    task: str, file: IO[bytes] | HeldBytes, name: str, values: Mapping[str, object], seconds: int
) -> Generator[Answer]:
    memory = limits.VIDEO_MEMORY if task in ("video", "frames") else limits.PICTURE_MEMORY
    lent = task == "frames"  # others are kept
    bounds = Bounds(memory, seconds, limits.MEDIA_ANSWER_S, 3 * limits.MAX_PIXELS, lent=lent)
    number = file.number if isinstance(file, HeldBytes) else file.fileno()
    try:
        yield from _sandbox(_module()).run(task, {"name": name, **values}, number, bounds)
    except ParserStopped as error:
        raise _stopped(name, str(error)) from error
    except InputError as error:
        raise InputError(clean(error, MAX_TEXT)) from error


def _module() -> str:
    chosen = chosen_reader()
    return "core.media.reader_process" if chosen == APART else chosen


@cache
def _sandbox(module: str) -> Sandbox:
    return Sandbox(module)


def _stopped(name: str, why: str) -> InputError:
    return refusal(name, f"made its reader stop: {clean(why, MAX_TEXT)}")


def _checked(pixels: Array, name: str) -> Array:
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or not pixels.size:
        raise _stopped(name, "it answered what no reader answers")
    pixels.setflags(write=False)
    return pixels


def _texts(values: Mapping[str, object], name: str) -> dict[str, str]:
    found = values.get("metadata")
    if not isinstance(found, dict) or len(found) > 100:
        raise _stopped(name, "it answered what no reader answers")
    return {clean(key): clean(text) for key, text in found.items()}


def _notes(values: Mapping[str, object], name: str) -> tuple[str, ...]:
    found = values.get("notes")
    if not isinstance(found, list) or len(found) > 100:
        raise _stopped(name, "it answered what no reader answers")
    return tuple(clean(note, MAX_TEXT) for note in found)
