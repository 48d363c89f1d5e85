"""Measure what the queue costs over a plain loop."""

from __future__ import annotations

import itertools
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..detectors.device import device_choice
from ..media.images import encode_png
from ..media_attack import samples
from ..metrics.intervals import bootstrap
from ..progress import NO_PROGRESS, ForwardedProgress, Progress
from ..storage.files import atomic_write
from ..storage.leftovers import temporary_folder
from ..types import Array, InputError
from ..types.answer_scope import Interval
from ..types.file_rows import FileFindings, FileTask
from ..types.queue_times import QueueTimes
from .batch_files import list_files
from .batch_run import Batch, run_batch
from .executor import FileLimits, FileWork
from .file_judging import BatchSettings, FileJudge
from .judging_batch import judging_batch
from .local_workers import LocalWorkers

DROPPED = 40  # pictures at once
EMPTY = 200  # tasks of a sample that are no work
KEPT = 4096  # bytes of a record and of a thumbnail, about as many as a picture's are
_LOOP = "a loop"  # name of a task that stands for many
Ticks = tuple[float, float]  # by the clock and of this process's processor time, in seconds


@dataclass(slots=True)
class TimedJudge:
    """Judge files on one thread, and note when each task was begun and ended.

    notes: a file to which each task adds its process, and its clock and processor time at both ends.
    """

    judge: FileWork
    notes: Path

    def prepare(self) -> None:
        """Load the model."""
        self.judge.prepare()

    def __call__(self, task: FileTask) -> FileFindings:
        """Judge one file, or those of a loop one after the other."""
        began = _ticks()
        for one in _tasks_in(task):
            found = self.judge(one)
        ended = _ticks()
        with self.notes.open("a") as file:
            file.write(f"{os.getpid()} {began[0]} {ended[0]} {began[1]} {ended[1]}\n")
        return found


@dataclass(frozen=True, slots=True)
class NoWork:
    """Find the same in every file, at once.

    judged_by: the detector's version that it says.
    """

    judged_by: str

    def prepare(self) -> None:
        """Load nothing."""

    def __call__(self, task: FileTask) -> FileFindings:
        """Do nothing with a task."""
        record, kept = json.dumps("-" * KEPT), {"thumbnail": bytes(KEPT)}
        nothing = (None, None, None, None, None)
        return FileFindings("image", 0, "", *nothing, "", record, None, kept, self.judged_by)


class _KeptWorkers:
    """Lend workers to batch after batch, none of which ends them."""

    def __init__(self, pool: LocalWorkers) -> None:
        self._pool, self.submit, self.poll = pool, pool.submit, pool.poll
        while not pool.ready:
            pool.poll(1)

    @property
    def room(self) -> int:
        """Return how many tasks it would take now."""
        return self._pool.room

    def close(self) -> None:
        """End nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class _Sample:
    """Hold both times of one file in a sample, in seconds."""

    clock: float
    cpu: float


def measure_queue(*, files: int = 12, rounds: int = 9, seed: int = 0, progress: Progress = NO_PROGRESS) -> QueueTimes:
    """Judge the same pictures by plain loops and by the queue, in turn.

    Two loops run at once, and one alone; the queue has two workers, and one. The workers are started once, and the
    loops run in those that the queue has as well: what differs is the queue alone. The four take turns, and who
    begins changes from round to round. The overhead is of processor time, of the runner and the workers from their
    first to their last task, which other work on the machine changes little; the efficiency is of the clock while all
    workers judge, and wants a quiet machine; that of the plain loops, beside it, is what the machine itself allows.
    The overhead is measured once more by tasks that are no work, of which all time is the queue's: its interval is
    narrower, as the pictures' own times do not swing in it. Medians of the rounds' ratios, with bootstrap intervals.

    The first row and all others are waited for as on the page Queue: a worker stands ready, as one does soon after the
    page was opened; the files are written, listed and judged by it. The page looks for new rows once a second.

    Args:
        files: pictures of a sample, each the shipped portrait with noise of its own; an even number.
        rounds: samples of each.
        seed: of the noise and of the bootstrap.
        progress: told each round, then the files whose rows are waited for.
    """
    with temporary_folder() as folder:
        _make_pictures(folder / "media", files, seed)
        found = _rounds(folder, files, rounds, progress)
        empty = _empty_tasks(folder, rounds, progress)
    with temporary_folder() as folder:
        first_row, all_rows, largest_gap = _first_row(folder, seed, progress)
    loop, lone, two, one = ([sample[kind] for sample in found] for kind in ("loop", "lone", "two", "one"))
    more = np.array([queue.cpu / plain.cpu - 1 for queue, plain in zip(two, loop, strict=True)])
    share = empty / np.array([plain.cpu for plain in loop])
    won, plain_won = _efficiencies(one, two), _efficiencies(lone, loop)
    return QueueTimes(
        files,
        rounds,
        _median([sample.cpu for sample in loop]),
        _median([sample.cpu for sample in two]),
        _median([sample.clock for sample in one]),
        _median([sample.clock for sample in two]),
        *_with_interval(more, seed),
        _median(empty),
        *_with_interval(share, seed),
        *_with_interval(won, seed),
        *_with_interval(plain_won, seed),
        DROPPED,
        first_row,
        all_rows,
        largest_gap,
    )


def _rounds(folder: Path, files: int, rounds: int, progress: Progress) -> list[dict[str, _Sample]]:
    """Take all samples, after one of each that is thrown away."""
    notes = folder / "notes"
    work = TimedJudge(FileJudge(BatchSettings(), 1, device=device_choice().value), notes)
    batch = judging_batch([folder / "media"], folder / "jobs.db", BatchSettings(), workers=1)
    limits = replace(batch.limits, seconds=files * batch.limits.seconds)  # a loop is one task
    pools = [LocalWorkers(work, count, limits) for count in (1, 2)]
    try:
        one, two = map(_KeptWorkers, pools)
        calls: dict[str, Callable[[], float]] = {
            "loop": lambda: _loop(two, batch, 2),
            "lone": lambda: _loop(one, batch, 1),
            "two": lambda: _queue(two, batch),
            "one": lambda: _queue(one, batch),
        }
        found = []
        for number in progress.each(range(rounds + 1), "Rounds of loops, two workers and one"):
            names = list(calls)[number % 4 :] + list(calls)[: number % 4]
            found.append({name: _sample(calls[name], notes, batch) for name in names})
    finally:
        for pool in pools:
            pool.close()
    return found[1:]


def _empty_tasks(folder: Path, rounds: int, progress: Progress) -> Array:
    """Return the processor time of tasks that are no work, in seconds.

    Of each round, a task.
    """
    places, notes = folder / "empty", folder / "empty notes"
    places.mkdir()
    for number in range(EMPTY):
        (places / f"{number:03d}.png").write_text(str(number))
    batch = judging_batch([places], folder / "jobs.db", BatchSettings(), workers=2)
    pool = LocalWorkers(TimedJudge(NoWork(batch.judged_by), notes), 2, batch.limits)
    try:
        kept = _KeptWorkers(pool)
        calls = progress.each(range(rounds + 1), "Rounds of tasks that are no work")
        return np.array([_sample(lambda: _queue(kept, batch), notes, batch).cpu for _ in calls][1:])
    finally:
        pool.close()


def _sample(call: Callable[[], float], notes: Path, batch: Batch) -> _Sample:
    """Run one call, and add up what workers noted.

    The call returns the runner's processor time.
    """
    notes.write_text("")
    runner = call()
    rows = np.loadtxt(notes, ndmin=2)
    files = sum(1 for _ in list_files(batch.places))
    workers = [rows[rows[:, 0] == one] for one in np.unique(rows[:, 0])]
    cpu = sum(float(mine[-1, 4] - mine[0, 3]) for mine in workers)
    of_a_task = files / len(rows)  # a loop is one task
    return _Sample(seconds_a_file([mine[:, 1:3] for mine in workers]) / of_a_task, (runner + cpu) / files)


def _queue(pool: _KeptWorkers, batch: Batch) -> float:
    """Judge all files by the queue, into a table of its own."""
    with temporary_folder() as folder:
        before = time.process_time()
        run_batch(replace(batch, table=folder / "jobs.db", started=pool))
        return time.process_time() - before


def _loop(pool: _KeptWorkers, batch: Batch, workers: int) -> float:
    """Judge an equal part of the files in each worker, without the queue.

    Nothing is the runner's.
    """
    listed = [(str(file.sha256), str(file.path)) for file in list_files(batch.places)]
    for first in range(workers):
        pool.submit(FileTask("loop", "", Path(), _LOOP, json.dumps(listed[first::workers]).encode()))
    left = workers
    while left:
        for outcome in pool.poll(1):
            if outcome.reason:
                raise InputError(f"a loop over {len(listed)} files ended early: {outcome.reason}")
            left -= 1
    return 0.0


def _tasks_in(task: FileTask) -> list[FileTask]:
    """Return the tasks of a loop; of a queue the one that it is."""
    if task.name != _LOOP or task.content is None:
        return [task]
    return [FileTask(sha256, sha256, Path(path), Path(path).name) for sha256, path in json.loads(task.content)]


def _efficiencies(one: Sequence[_Sample], two: Sequence[_Sample]) -> Array:
    return np.array([alone.clock / (2 * both.clock) for alone, both in zip(one, two, strict=True)])


def _with_interval(ratios: Array, seed: int) -> tuple[float, Interval]:
    return _median(ratios), bootstrap(_median, ratios, seed=seed)


def _median(values: Sequence[float] | Array) -> float:
    return float(np.median(values))


class RowTimes(ForwardedProgress):
    """Note when rows of a batch came.

    times: of each tell that more files are done, by the clock.
    """

    __slots__ = ("done", "times")

    def __init__(self, to: Progress) -> None:
        super().__init__(to)
        self.done, self.times = 0, list[float]()

    def tell(self, done: int, total: int | None = None, text: str = "") -> None:
        """Note the time where more of the files in work are done."""
        super().tell(done, total, text)
        if total and done > self.done:
            self.done = done
            self.times.append(time.monotonic())

    @property
    def largest_gap(self) -> float:
        """Return the most seconds between two of them, 0 with fewer."""
        return max((after - before for before, after in itertools.pairwise(self.times)), default=0.0)


def _first_row(folder: Path, seed: int, progress: Progress) -> tuple[float, float, float]:
    """Return the seconds from dropping `DROPPED` pictures to the first row. Also to all, and the largest gap between.

    A worker stands ready.
    """
    settings, rows = BatchSettings(), RowTimes(progress)
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
        found = run_batch(replace(batch, started=workers), rows)
    finally:
        workers.close()
    progress.check_stop()
    if found.done < DROPPED:
        raise InputError(f"of {DROPPED} pictures {found.done} were judged; the times of their rows are not known")
    return rows.times[0] - began, rows.times[-1] - began, rows.largest_gap


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
