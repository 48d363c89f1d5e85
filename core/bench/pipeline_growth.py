"""Fit how the cost of a verdict grows with frames, faces, pixels and files."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from .. import pipeline
from ..detectors import Detector
from ..output.records import number
from ..types import Array
from .bench_media import cell_side, write_picture, write_video
from .pipeline_rows import rounded
from .timing import Work, median_of, time_in_turn


@dataclass(frozen=True, slots=True)
class GrowthRow:
    """Hold the exponent with which a cost grows.

    what: is timed. over: what it grows with. exponent: 1 where it is proportional; interval: its 95 % one.
    counts: of `over`; seconds: the medians at these. rounds: fits, one a round in turn.
    """

    what: str
    over: str
    exponent: float | None
    interval: tuple[float | None, float | None]
    counts: tuple[int, ...]
    seconds: tuple[float | None, ...]
    rounds: int


@dataclass(frozen=True, slots=True)
class GrowthSizes:
    """Hold what the cost is measured at.

    frames: judged of one video of `video` (width, height), which has as many as the most.
    faces: in one picture of `picture`.
    pictures: (width, height), one face in each.
    files: pictures of `file`, judged one after another.
    """

    frames: tuple[int, ...] = (16, 64, 256)
    video: tuple[int, int] = (320, 240)
    faces: tuple[int, ...] = (1, 10, 50)
    picture: tuple[int, int] = (1600, 1200)
    pictures: tuple[tuple[int, int], ...] = ((640, 480), (1600, 1200), (4000, 3000))
    files: tuple[int, ...] = (1, 4, 16)
    file: tuple[int, int] = (640, 480)


SHORT_GROWTH = GrowthSizes(
    (1, 4), (192, 144), (1, 4), (480, 360), ((192, 144), (320, 240)), files=(1, 2), file=(192, 144)
)


def growth_rows(detector: Detector, folder: Path, sizes: GrowthSizes, *, rounds: int) -> list[GrowthRow]:
    """Measure the exponents of the cost from file to verdict.

    Args:
        detector: the one that judges.
        folder: for the made media.
        sizes: to measure at.
        rounds: of timing, all sizes in turn.
    """
    video = write_video(folder / "growth.mp4", sizes.video, max(sizes.frames))
    by_frames = {count: partial(_judged, video, detector, count) for count in sizes.frames}
    side = 0.95 * cell_side(sizes.picture, max(sizes.faces))
    by_faces = {}
    for faces in sizes.faces:
        path = write_picture(folder / f"faces{faces}.jpg", sizes.picture, faces, side=side)
        by_faces[_judged(path, detector)] = partial(_judged, path, detector)
    by_pixels = {}
    for size in sizes.pictures:
        path = write_picture(folder / f"pixels{size[0]}.jpg", size)
        by_pixels[size[0] * size[1]] = partial(_judged, path, detector)
    paths = [write_picture(folder / f"file{number}.jpg", sizes.file) for number in range(max(sizes.files))]
    by_files = {count: partial(_all_judged, paths[:count], detector) for count in sizes.files}
    return [
        growth_row("a video to its verdict", "frames judged", by_frames, rounds=rounds),
        growth_row("a picture to its verdicts", "faces", by_faces, rounds=rounds),
        growth_row("a picture to its verdict", "pixels", by_pixels, rounds=rounds),
        growth_row("pictures to their verdicts", "files", by_files, rounds=rounds),
    ]


def growth_row(what: str, over: str, works: Mapping[int, Work], *, rounds: int) -> GrowthRow:
    """Time the calls in turn and fit their exponent.

    Args:
        what: is timed.
        over: what it grows with.
        works: a call for each count of `over`.
        rounds: of timing.
    """
    counts = sorted(works)
    named = {str(count): works[count] for count in counts}
    times = time_in_turn(named, rounds=rounds, clock=time.perf_counter)
    seconds = np.asarray([[one[str(count)] for count in counts] for one in times])
    fitted = median_of([exponent(counts, row) for row in seconds])
    medians = tuple(number(value, 4) for value in np.median(seconds, axis=0))
    return GrowthRow(what, over, number(fitted.value, 3), rounded(fitted), tuple(counts), medians, rounds)


def format_growth(row: GrowthRow) -> str:
    """Format an exponent as a line."""
    low, high = row.interval
    seconds = ", ".join(f"{count}: {value:.3g} s" for count, value in zip(row.counts, row.seconds, strict=True))
    return f"{row.what} grows as {row.over} to the power {row.exponent:.2f} [{low:.2f}, {high:.2f}] ({seconds})"


def exponent(counts: Sequence[int], seconds: Array) -> float:
    """Fit seconds (N,) as a power of the counts: a least-squares line through the logarithms."""
    return float(np.polyfit(np.log(counts), np.log(seconds), 1)[0])


def _judged(path: Path, detector: Detector, frames: int = 16) -> int:
    """Judge a file and return how many faces were judged."""
    return sum(
        item.verdict is not None
        for item in pipeline.analyse(pipeline.open_searched(path, frames=frames), detector, frames=frames)
    )


def _all_judged(paths: Sequence[Path], detector: Detector) -> int:
    return sum(_judged(path, detector) for path in paths)
