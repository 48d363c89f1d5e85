"""Measure what the queue costs over a plain loop."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from ..detectors.device import device_choice
from ..media.images import encode_png
from ..media_attack import samples
from ..progress import NO_PROGRESS, ForwardedProgress, Progress
from ..storage.files import atomic_write
from ..storage.leftovers import temporary_folder
from ..types import Array
from ..types.file_rows import FileFindings, FileTask
from ..types.queue_times import QueueTimes
from .batch_files import list_files
from .batch_run import Batch, run_batch
from .executor import FileLimits
from .file_judging import BatchSettings, FileJudge
from .judging_batch import judging_batch
from .local_workers import LocalWorkers

DROPPED = 40  # pictures at once
Ticks = tuple[float, float]  # by the clock and of this process's processor time, in seconds


@dataclass(slots=True)
class TimedJudge:
    """Judge files on one thread, and note when each was begun and ended.

    notes: a file to which each task adds its process, and its clock and processor time at both ends.
    """

    judge: FileJudge
    notes: Path

    def prepare(self) -> None:
        """Load the model."""
        self.judge.prepare()

    def __call__(self, task: FileTask) -> FileFindings:
        """Judge one file."""
        began = _ticks()
        found = self.judge(task)
        ended = _ticks()
        with self.notes.open("a") as file:
            file.write(f"{os.getpid()} {began[0]} {ended[0]} {ended[1] - began[1]}\n")
        return found


def measure_queue(*, files: int = 16, seed: int = 0, progress: Progress = NO_PROGRESS) -> QueueTimes:
    """Judge the same pictures in a plain loop, by one and by two workers.

    The start of workers and the first file of each, for which they load what all need, are left out: clock times are
    of the time in which all workers judge. Processor time is that of the runner and its workers' tasks, so that other
    work on the machine changes it little.

    The first row is waited for as on the page Queue: a worker stands ready, as one does soon after the page was opened;
    the files are written, listed and judged by it. The page looks for new rows once a second.

    Args:
        files: pictures, each the shipped portrait with noise of its own.
        seed: of the noise.
        progress: told each of the three runs, then the files of the fourth.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with temporary_folder() as place:
            folder = place
            _make_pictures(folder / "media", files, seed)
            batch = judging_batch([folder / "media"], folder / "jobs.db", BatchSettings(), workers=1)
            found = [
                _run(batch, folder / str(count), count)
                for count in progress.each((0, 1, 2), "Loop and one, two workers")
            ]
    finally:
        torch.set_num_threads(threads)
    with temporary_folder() as place:
        first_row = _first_row(place, seed, progress)
    (loop, loop_cpu), (one, one_cpu), (two, two_cpu) = found
    return QueueTimes(files, loop, one, two, loop_cpu, one_cpu, two_cpu, DROPPED, first_row)


class _FirstRow(ForwardedProgress):
    """Stop a batch after its first row, and note when it came."""

    __slots__ = ("came",)

    def __init__(self, to: Progress) -> None:
        super().__init__(to)
        self.came = 0.0

    def tell(self, done: int, total: int | None = None, text: str = "") -> None:
        """Note the time of the first file of those in work."""
        super().tell(done, total, text)
        if done and total and not self.came:
            self.came = time.monotonic()

    def should_stop(self) -> bool:
        """Return whether there is a row."""
        return bool(self.came) or super().should_stop()


def _first_row(folder: Path, seed: int, progress: Progress) -> float:
    """Return the seconds from dropping `DROPPED` pictures to the first row.

    A worker stands ready.
    """
    settings, first = BatchSettings(keep_faces=True), _FirstRow(progress)
    _make_pictures(folder / "given", DROPPED, seed)
    pictures = {path.name: path.read_bytes() for path in sorted((folder / "given").iterdir())}
    workers = LocalWorkers(judging_batch([], folder / "jobs.db", settings, workers=1).work, 1, FileLimits())
    try:
        while not workers.ready:
            workers.poll(1)
        began = time.monotonic()
        (folder / "dropped").mkdir()
        for name, data in pictures.items():
            atomic_write(folder / "dropped" / name, data)
        batch = judging_batch([folder / "dropped"], folder / "jobs.db", settings, workers=1)
        run_batch(replace(batch, started=workers), first)
    finally:
        workers.close()
    progress.check_stop()
    return first.came - began


def _run(batch: Batch, notes: Path, workers: int) -> Ticks:
    """Judge all files by so many workers, 0 for a plain loop.

    Returns both times of one file.
    """
    work = TimedJudge(FileJudge(BatchSettings(), 1, device=device_choice().value), notes)
    before = time.process_time()
    if workers:
        run_batch(replace(batch, work=work, workers=workers, table=notes.with_suffix(".db")))
        runner = time.process_time() - before
    else:
        runner = 0.0
        work.prepare()
        for file in list_files(batch.places):
            work(FileTask(str(file.sha256), str(file.sha256), file.path, file.name))
    rows = np.loadtxt(notes, ndmin=2)
    warm = [mine[1:] for one in np.unique(rows[:, 0]) if len(mine := rows[rows[:, 0] == one]) > 1]
    return seconds_a_file([mine[:, 1:3] for mine in warm]), float(np.concatenate(warm)[:, 3].mean()) + runner / len(
        rows
    )


def seconds_a_file(workers: Sequence[Array]) -> float:
    """Return the seconds a file while all workers judge at once.

    Args:
        workers: of each worker, (N, 2) clock times at which its files were begun and ended, in order.
    """
    begins, ends = [mine[0, 0] for mine in workers], [mine[-1, 1] for mine in workers]
    begin, end = max(begins), min(ends)
    if begin >= end:  # so few files that they never do
        begin, end = min(begins), max(ends)
    done = 0.0  # files within these times, a part of one as that part
    for mine in workers:
        within = np.minimum(mine[:, 1], end) - np.maximum(mine[:, 0], begin)
        done += float((np.maximum(within, 0) / (mine[:, 1] - mine[:, 0])).sum())
    return float((end - begin) / done)


def _ticks() -> Ticks:
    return time.monotonic(), time.process_time()


def _make_pictures(folder: Path, count: int, seed: int) -> None:
    folder.mkdir()
    rng, portrait = np.random.default_rng(seed), samples.portrait()
    for number in range(count):
        noisy = np.clip(portrait + rng.normal(0, 2, portrait.shape), 0, 255).astype(np.uint8)
        (folder / f"{number:03d}.png").write_bytes(encode_png(noisy))
