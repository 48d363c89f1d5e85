"""Run a batch: list the files, lease their jobs, keep what comes back."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..progress import NO_PROGRESS, Progress
from ..types import InputError
from ..types.file_rows import BatchCounts, FileOutcome, FileTask
from .batch_files import ListedFile, file_key, list_files
from .executor import Executor, FileLimits, FileWork, InlineWorker
from .job_table import LEASE, JobTable
from .lease_owner import new_owner
from .local_workers import LocalWorkers
from .ray_workers import RayWorkers

EXECUTORS = ("local", "ray", "inline")
POLL = 0.2  # seconds, and as long a result waits for others to be kept with it


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Hold what is run and how.

    places: folders and files; table: of jobs, made where there is none; version: of detector and code, a part of every
        key; settings: as text; work: what is done with each file; executor: one of `EXECUTORS`; address: of a Ray
        cluster, "" for Ray on this machine; again: whether failed files are tried once more; started: workers that were
        started before, which the batch takes over; judged_by: the detector's version in `version`, "" without one.
    """

    places: Sequence[Path]
    table: Path
    version: str
    settings: str
    work: FileWork
    executor: str = "local"
    address: str = ""
    workers: int = 2
    limits: FileLimits = field(default_factory=FileLimits)
    again: bool = False
    started: Executor | None = None
    judged_by: str = ""

    def __post_init__(self) -> None:
        if self.executor not in EXECUTORS:
            raise InputError(f"the executor is one of {', '.join(EXECUTORS)}; what came is {self.executor!r}")
        if self.address and self.executor != "ray":
            raise InputError(f"an address is one of a Ray cluster; the executor here is {self.executor}")
        if not 1 <= self.workers <= 256:
            raise InputError(f"1 to 256 workers are allowed; what came is {self.workers}")
        if not self.table.absolute().parent.is_dir():
            raise InputError(f"the folder {self.table.absolute().parent} does not exist; the job table lies in it")


def run_batch(batch: Batch, progress: Progress = NO_PROGRESS) -> BatchCounts:
    """Run a batch to its end or until it is stopped.

    Call again to go on.

    What is finished is never done again, whoever did it; jobs of a runner that was killed are taken over.

    `progress` is told the files; a stop keeps what is finished.

    Raises:
        InputError: a folder is missing, the table cannot be used (locked, full disk, another program's), or a worker
            has another version of the detector.
    """
    begun = time.monotonic()
    try:
        listed, finished_before, after = _run(batch, progress)
    finally:
        if batch.started:
            batch.started.close()
    keys = [key for _, key in listed if key]
    states = [after[key] if key not in finished_before else "skipped" for key in keys]
    states += [file.state or "failed" for file, key in listed if not key]
    done, failed, skipped = (states.count(state) for state in ("done", "failed", "skipped"))
    left = len(states) - done - failed - skipped
    return BatchCounts(len(listed), done, failed, skipped, left, time.monotonic() - begun)


def _run(batch: Batch, progress: Progress) -> tuple[list[tuple[ListedFile, str | None]], set[str], Mapping[str, str]]:
    """Work a batch off.

    Returns its files with their keys, the keys that were finished before, and the states after.
    """
    with JobTable(batch.table, create=True) as table:
        listed = _list(batch, progress)
        keys = [key for _, key in listed if key]
        before = table.states(keys)
        table.add(listed, batch.settings, again=batch.again)
        if batch.again:
            before = {key: state for key, state in before.items() if state != "failed"}
        finished_before = {key for key, state in before.items() if state in ("done", "failed")}
        if set(keys) - finished_before:
            _work_off(batch, table, set(keys) - finished_before, progress)
        return listed, finished_before, table.states(keys)


def _make_executor(batch: Batch) -> Executor:
    """Start the workers of a batch, unless it was given some."""
    if batch.started:
        return batch.started
    if batch.executor == "inline":
        return InlineWorker(batch.work)
    if batch.executor == "ray":
        return RayWorkers(batch.work, batch.workers, batch.limits, batch.address)
    return LocalWorkers(batch.work, batch.workers, batch.limits)


def _list(batch: Batch, progress: Progress) -> list[tuple[ListedFile, str | None]]:
    own = {Path(f"{batch.table.absolute()}{ending}") for ending in ("", "-wal", "-shm", "-journal")}
    leave_out = frozenset(path.parent.resolve() / path.name for path in own)
    listed = []
    for file in list_files(batch.places, leave_out):
        key = file_key(file.sha256, batch.version, batch.settings) if file.sha256 else None
        listed.append((file, key))
        progress.tell(len(listed), 0, "Listing files")
        progress.check_stop()
    return listed


def _work_off(batch: Batch, table: JobTable, keys: set[str], progress: Progress) -> None:
    """Lease jobs and keep their outcomes until none is left."""
    owner, pending, held = new_owner(), set(keys), dict[str, FileTask]()
    beaten = time.monotonic()
    pool = _make_executor(batch)
    try:
        while pending and not progress.should_stop():
            room = pool.room
            claimed = table.claim(owner, batch.settings, room) if room else []
            for task in claimed:
                held[task.key] = task
                pool.submit(task)
            outcomes = _gather(pool, idle=not held)
            _check_judge(batch, outcomes)
            if outcomes:
                left = table.finish(outcomes, owner)
                ended = {outcome.key for outcome in outcomes}
                held = {key: task for key, task in held.items() if key not in ended}
                pending -= ended - set(left)
            elif not held:  # another runner has the rest
                pending = {key for key, state in table.states(pending).items() if state in ("waiting", "running")}
            if time.monotonic() - beaten > LEASE / 4:
                table.beat(owner)
                beaten = time.monotonic()
            progress.tell(len(keys) - len(pending), len(keys), "Judging files")
    finally:
        pool.close()
        table.release(owner)


def _check_judge(batch: Batch, outcomes: Sequence[FileOutcome]) -> None:
    """Refuse findings that are not of the batch's detector. Its key says what they are of."""
    for found in (outcome.findings for outcome in outcomes):
        if found and found.judged_by != batch.judged_by:
            raise InputError(
                f"a worker judged with {found.judged_by}, and this run is of {batch.judged_by}: weights or calibration "
                "were changed meanwhile, or differ where the worker is; run it again, what was done before is kept"
            )


def _gather(pool: Executor, *, idle: bool) -> Sequence[FileOutcome]:
    """Wait for outcomes."""
    found: Iterable[FileOutcome] = pool.poll(POLL)
    if idle and not found:
        time.sleep(POLL)
    return list(found)
