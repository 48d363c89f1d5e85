"""Run tasks in processes of this machine, each watched and replaced when it dies."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
import types
from collections import deque
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any

from ..types import InputError
from ..types.file_rows import FileOutcome, FileTask
from .executor import TWICE, WAIT, FileLimits, FileWork, do_task, too_long
from .task_limits import allow_seconds, limit_memory

_SPAWN_LOCK = threading.Lock()
_SPAWN = multiprocessing.get_context("spawn")  # a fork would copy torch's threads in the middle of their work
AHEAD = 2  # tasks of a worker: one in work, one that waits, so that nobody waits for the table
_OVERTIME = int(getattr(signal, "SIGXCPU", 0))
START = 600.0  # seconds to load the model


@contextlib.contextmanager
def _no_main_file() -> Iterator[None]:
    """Let a process be spawned without running this program's main file again.

    In a dashboard that file is a page, which would be drawn in the worker.
    """
    with _SPAWN_LOCK:
        kept, empty = sys.modules["__main__"], types.ModuleType("__main__")
        sys.modules["__main__"] = empty
        try:
            yield
        finally:
            if sys.modules["__main__"] is empty:
                sys.modules["__main__"] = kept


class _Worker:
    """Hold one process, its pipe, and the tasks that were sent to it."""

    def __init__(self, work: FileWork, limits: FileLimits) -> None:
        self.pipe, there = _SPAWN.Pipe()
        self.process = _SPAWN.Process(target=_serve, args=(there, work, limits), daemon=True)
        with _no_main_file():
            self.process.start()
        there.close()
        self.tasks: deque[FileTask] = deque()
        self.ready = False
        self.since = time.monotonic()

    def end(self) -> None:
        """Kill the process; it may hang in foreign code."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


class LocalWorkers:
    """Run tasks in `count` processes; each loads the model once."""

    def __init__(self, work: FileWork, count: int, limits: FileLimits) -> None:
        self._work, self._limits = work, limits
        self._workers = [_Worker(work, limits) for _ in range(count)]
        self._lost: deque[FileTask] = deque()

    @property
    def room(self) -> int:
        """Return how many tasks it would take now."""
        return max(0, sum(AHEAD - len(worker.tasks) for worker in self._workers) - len(self._lost))

    @property
    def ready(self) -> bool:
        """Return whether all have loaded the model, as far as `poll` has heard."""
        return all(worker.ready for worker in self._workers)

    @property
    def alive(self) -> bool:
        """Return whether no process has died that nobody replaced."""
        return all(worker.process.is_alive() for worker in self._workers)

    def submit(self, task: FileTask) -> None:
        """Send a task to the worker that has the fewest."""
        worker = min(self._workers, key=lambda one: len(one.tasks))
        if not worker.tasks:
            worker.since = time.monotonic()
        worker.tasks.append(task)
        with contextlib.suppress(OSError):  # it has died: `poll` finds that out
            worker.pipe.send(task)

    def poll(self, seconds: float) -> Sequence[FileOutcome]:
        """Return what ended; replace workers that died or took too long."""
        while self._lost and self.room + len(self._lost) > 0:
            self.submit(self._lost.popleft())
        wait([worker.pipe for worker in self._workers], timeout=seconds)
        found: list[FileOutcome] = []
        for place, worker in enumerate(self._workers):
            alive = _receive(worker, found)
            if not alive or self._is_late(worker):
                found += self._replace(place, late=alive)
        return found

    def close(self) -> None:
        """End all workers, whatever they do."""
        for worker in self._workers:
            worker.end()

    def _is_late(self, worker: _Worker) -> bool:
        limit = WAIT * self._limits.seconds if worker.ready else START
        return bool(worker.tasks or not worker.ready) and time.monotonic() - worker.since > limit

    def _replace(self, place: int, *, late: bool) -> list[FileOutcome]:
        """Put a new worker in a dead one's place.

        The task in work is to blame, the others go on.
        """
        worker = self._workers[place]
        worker.end()
        if not worker.ready:
            raise InputError(f"a worker could not load the model ({_how(worker.process)}); what was done is kept")
        self._workers[place] = _Worker(self._work, self._limits)
        blamed = worker.tasks.popleft() if worker.tasks else None
        self._lost.extend(worker.tasks)
        if blamed is None:
            return []
        if late or worker.process.exitcode == -_OVERTIME:
            return [FileOutcome(blamed.key, None, too_long(self._limits))]
        return [FileOutcome(blamed.key, None, TWICE, died=True)]


def _receive(worker: _Worker, found: list[FileOutcome]) -> bool:
    """Take what a worker has sent; return whether it lives."""
    try:
        while worker.pipe.poll():
            outcome = worker.pipe.recv()
            worker.since = time.monotonic()
            if outcome is None:
                worker.ready = True
                continue
            worker.tasks.popleft()
            found.append(outcome)
    except (EOFError, OSError):
        return False
    return worker.process.is_alive()


def _how(process: Any) -> str:
    status = process.exitcode
    if status is not None and status < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-status).name
    return f"exit status {status}"


def _serve(pipe: Connection, work: FileWork, limits: FileLimits) -> None:
    """Do tasks until the pipe ends; the process is the worker's own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the runner is told, and ends its workers in order
    threading.Thread(target=_end_with_parent, daemon=True).start()
    work.prepare()
    limit_memory(limits.memory)
    with contextlib.suppress(EOFError, OSError):  # the runner is gone
        pipe.send(None)
        while True:
            task = pipe.recv()
            allow_seconds(limits.seconds)
            outcome = do_task(work, task)
            pipe.send(outcome)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)
