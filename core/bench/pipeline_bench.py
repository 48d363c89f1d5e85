"""Measure where people wait, over the least that it could take."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import torch

from .. import pipeline
from ..detectors import DEFAULT
from ..output.records import number
from ..progress import NO_PROGRESS, Progress
from ..storage.leftovers import temporary_folder
from ..types import InputError
from .pipeline_growth import GrowthRow, format_growth
from .pipeline_rows import PipelineRow, format_row, rounded
from .pipeline_waits import BenchWaits, MediaSizes
from .timing import SELF
from .timing import threads as torch_threads

PARTS = ("files", "apart", "faces", "verdict", "maps", "start", "server", "pages", "memory", "growth")
TIMED = (
    "seconds by the clock, as files are decoded in a process of its own and by several threads; memory in MB. "
    "ratio: value over the peer's, the median of pairs in turn, with its 95 % interval"
)


@dataclass(frozen=True, slots=True)
class PipelineBench:
    """Hold what `bench pipeline` measures.

    growth: exponents of the cost; empty where they were not asked for.
    self_ratio: a file's way to its verdict, timed against itself; steady: whether it is near 1.
    threads: of torch and OpenCV; None where they choose. timed: what is timed, in words.
    """

    rows: tuple[PipelineRow, ...]
    growth: tuple[GrowthRow, ...]
    self_ratio: float | None
    self_interval: tuple[float | None, float | None]
    steady: bool
    detector: str
    pairs: int
    threads: int | None
    torch: str
    timed: str


def parts_of(parts: str) -> tuple[str, ...]:
    """Parse the parts: "all", or names joined by commas."""
    names = PARTS if parts == "all" else tuple(name.strip() for name in parts.split(",") if name.strip())
    for name in names:
        if name not in PARTS:
            raise InputError(f"the bench has no part {name!r}; its parts are: {', '.join(PARTS)}")
    if not names:
        raise InputError(f"no part of the bench came; its parts are: {', '.join(PARTS)}")
    return names


def measure(
    parts: Sequence[str] = PARTS,
    detector: str = DEFAULT,
    *,
    pairs: int = 9,
    threads: int | None = None,
    sizes: MediaSizes | None = None,
    progress: Progress = NO_PROGRESS,
) -> PipelineBench:
    """Measure the parts, each in turn with its peer.

    Args:
        parts: of `PARTS`.
        detector: the name of the one that judges.
        pairs: timed runs of each row; fewer of new processes, whose rows say how many.
        threads: of torch and OpenCV; their own choice if missing.
        sizes: of the made media.
        progress: told each part; a stop raises `StopRequested`.
    """
    rows: list[PipelineRow] = []
    growth: list[GrowthRow] = []
    wanted = [part for part in PARTS if part in parts]
    with so_many_threads(threads), temporary_folder() as place:
        waits = BenchWaits(pipeline.load_detector(detector), place, sizes or MediaSizes(), pairs)
        itself = waits.itself()
        for part in progress.each(wanted, "Timing, parts"):
            found = [] if part == "growth" else waits.rows_of(part)
            growth += waits.growth() if part == "growth" else []
            for line in (*map(format_row, found), *map(format_growth, growth)):
                progress.emit(line)
            rows += found
    return PipelineBench(
        rows=tuple(rows),
        growth=tuple(growth),
        self_ratio=number(itself.value, 3),
        self_interval=rounded(itself),
        steady=SELF[0] <= itself.value <= SELF[1],
        detector=detector,
        pairs=pairs,
        threads=threads,
        torch=torch.__version__,
        timed=TIMED,
    )


@contextlib.contextmanager
def so_many_threads(count: int | None) -> Iterator[None]:
    """Fix the threads of torch and OpenCV inside; None leaves them."""
    if count is None:
        yield
        return
    before = cv2.getNumThreads()
    cv2.setNumThreads(count)
    try:
        with torch_threads(count):
            yield
    finally:
        cv2.setNumThreads(before)


def table(found: PipelineBench) -> str:
    """Format the measurements in a few lines."""
    low, high = found.self_interval
    steady = "" if found.steady else f": outside {SELF[0]} to {SELF[1]}, measure again on a steadier machine"
    itself = f"file to verdict against itself: {found.self_ratio:.3f} [{low:.3f}, {high:.3f}]{steady}"
    return "\n".join([*map(format_row, found.rows), *map(format_growth, found.growth), itself])
