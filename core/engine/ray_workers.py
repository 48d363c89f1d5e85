"""Run tasks on Ray actors, here or on a cluster."""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..types import InputError
from ..types.file_rows import FileOutcome, FileTask
from .executor import WAIT, FileLimits, FileWork, do_task, too_long

MISSING = "the executor ray needs the package of this name: pip install ray; without it, --executor local does the same"


class _RayJudge:
    """Do tasks in an actor's process."""

    def __init__(self, work: FileWork) -> None:
        work.prepare()
        self.work = work

    def do(self, task: FileTask) -> FileOutcome:
        """Do one task."""
        return do_task(self.work, task)


class RayWorkers:
    """Run tasks on `count` Ray actors; each loads the model once.

    A cluster is joined by its address in `RAY_ADDRESS`, and is sent each file's content; else Ray runs on this
    machine alone, on loopback, without a dashboard. No usage statistics.
    """

    def __init__(self, work: FileWork, count: int, limits: FileLimits) -> None:
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        try:
            self._ray: Any = importlib.import_module("ray")
        except ImportError as error:
            raise InputError(MISSING) from error
        self._remote = bool(os.environ.get("RAY_ADDRESS"))
        if not self._ray.is_initialized():
            here = {} if self._remote else {"num_cpus": count, "_node_ip_address": "127.0.0.1"}
            self._ray.init(include_dashboard=False, log_to_driver=False, logging_level="ERROR", **here)
        self._class = self._ray.remote(num_cpus=1, max_restarts=0)(_RayJudge)
        self._work, self._limits = self._ray.put(work), limits
        self._idle = [self._class.remote(self._work) for _ in range(count)]
        self._running: dict[Any, tuple[FileTask, Any, float]] = {}

    @property
    def room(self) -> int:
        """Return how many tasks it would take now."""
        return len(self._idle)

    def submit(self, task: FileTask) -> None:
        """Give a task to an idle actor."""
        actor = self._idle.pop()
        sent = replace(task, content=task.path.read_bytes()) if self._remote else task
        self._running[actor.do.remote(sent)] = task, actor, time.monotonic()

    def poll(self, seconds: float) -> Sequence[FileOutcome]:
        """Return what ended; replace actors that died or took too long."""
        if not self._running:
            return []
        ended, _ = self._ray.wait(list(self._running), num_returns=1, timeout=seconds)
        found = [self._outcome(reference) for reference in ended]
        for reference, (task, actor, since) in list(self._running.items()):
            if time.monotonic() - since > WAIT * self._limits.seconds:
                del self._running[reference]
                self._ray.kill(actor)
                self._idle.append(self._class.remote(self._work))
                found.append(FileOutcome(task.key, None, too_long(self._limits)))
        return found

    def close(self) -> None:
        """End all actors, and Ray."""
        self._ray.shutdown()

    def _outcome(self, reference: Any) -> FileOutcome:
        task, actor, _ = self._running.pop(reference)
        try:
            outcome: FileOutcome = self._ray.get(reference)
        except self._ray.exceptions.RayActorError:
            self._idle.append(self._class.remote(self._work))
            return FileOutcome(task.key, None, "it ended its worker twice", died=True)
        self._idle.append(actor)
        return outcome
