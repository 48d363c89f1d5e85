"""Time reading in a process of its own over reading in this one."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from .. import pipeline
from ..media import readers
from ..sandbox.reading_place import APART, CHOICE, INSIDE
from .pipeline_rows import PipelineRow, ratio_row
from .timing import Work

PICTURE_AIM = 0.020  # seconds that it may add to a picture
IDLE = 0.1  # seconds before each run, in which the next reader gets ready, as it does while a person looks


def read_all(path: Path) -> int:
    """Open a file and read all of its frames; return their number."""
    media = pipeline.open_media(path)
    return sum(1 for _ in media.source.read(tuple(range(media.frames))))


def apart_rows(
    pictures: Mapping[str, Path], videos: Mapping[str, Path], judge: Callable[[Path], object], *, pairs: int
) -> list[PipelineRow]:
    """Measure reading pictures and videos apart over reading them inside.

    For pictures also the time that it adds.

    Args:
        pictures: paths by what they are called.
        videos: the same of videos.
        judge: takes a video to its verdict.
        pairs: of runs in turn.
    """
    readers.warm()
    over = "the same without that process"
    rows = []
    for name, path in pictures.items():
        times = _in_turn(partial(pipeline.open_media, path), pairs)
        rows.append(ratio_row(f"{name}, opened in a process of its own", over, times))
        added = [(apart - inside, PICTURE_AIM) for apart, inside in times]
        rows.append(ratio_row("the time that this adds", "20 ms, the aim", added))
    for name, path in videos.items():
        read, judged = _in_turn(partial(read_all, path), pairs), _in_turn(partial(judge, path), pairs)
        rows.append(ratio_row(f"{name}, all frames read in a process of its own", over, read))
        rows.append(ratio_row(f"{name}, to its verdict so", over, judged))
    return rows


def _in_turn(work: Work, pairs: int) -> list[tuple[float, float]]:
    """Time a call with the reader apart and inside; the first pair warms up."""
    times: dict[str, list[float]] = {APART: [], INSIDE: []}
    for number in range(pairs + 1):
        for reader in (APART, INSIDE)[:: 1 if number % 2 else -1]:
            time.sleep(IDLE)
            with _reader(reader):
                begun = time.perf_counter()
                work()
                times[reader].append(time.perf_counter() - begun)
    return list(zip(times[APART][1:], times[INSIDE][1:], strict=True))


@contextlib.contextmanager
def _reader(name: str) -> Iterator[None]:
    before = os.environ.get(CHOICE)
    os.environ[CHOICE] = name
    try:
        yield
    finally:
        if before is None:
            del os.environ[CHOICE]
        else:
            os.environ[CHOICE] = before
