"""Read a file inside a confined process, and tell what it cost."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Iterator

from ..media import reader_process
from ..media.open import evenly_spaced
from ..media.sniff import DEMUXERS, HEAD, IMAGES, recognise
from ..sandbox.channel import Values
from ..sandbox.file_numbers import FileNumber
from ..sandbox.shared_regions import Strips
from ..types import Array, InputError

FRAMES = 16


def answer(task: str, values: Values, file: int) -> Iterator[tuple[Values, Array | None]]:
    """Read a picture, or a video's frames, to the end.

    Answers the outcome ("read", "refused" or "traceback"), words, processor seconds and bytes over the start.
    """
    before, began = peak_memory(), time.process_time()
    outcome, words = "read", ""
    try:
        _read(file)
    except InputError as error:
        outcome, words = "refused", str(error)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        outcome, words = "traceback", f"{type(error).__name__}: {error}"
    spent = {"seconds": time.process_time() - began, "memory": peak_memory() - before}
    yield {"outcome": outcome, "words": words, **spent}, None


def _read(file: int) -> None:
    with FileNumber(file).open() as opened:
        kind = recognise(opened.read(HEAD))
    given = {"name": "file", "kind": kind}
    if kind in IMAGES:
        _take(reader_process.answer("image", given, file))
    elif kind in DEMUXERS:
        for told, frame in reader_process.answer("video", {**given, "ahead": FRAMES}, file):
            if frame is not None:  # met while the video was opened
                continue
            told = json.loads(json.dumps(told))
            indices = list(evenly_spaced(told["frames"], FRAMES))
            _take(reader_process.answer("frames", {**given, "index": told["index"], "indices": indices}, file))
    if kind in (*IMAGES, *DEMUXERS):
        _take(reader_process.answer("metadata", {**given, "lists": {}}, file))


def _take(answers: Iterator[tuple[Values, Array | Strips | None]]) -> None:
    for _, array in answers:
        for _ in array.parts if isinstance(array, Strips) else ():
            pass


def peak_memory() -> int:
    """Return the most memory of this process so far, in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
