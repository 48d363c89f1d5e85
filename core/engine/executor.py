"""Define what runs the tasks of a batch."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ..media.sniff import clean
from ..types import InputError
from ..types.file_rows import FileFindings, FileOutcome, FileTask
from ..types.limits import QUEUE_FILE_MEMORY, QUEUE_FILE_S

WAIT = 5  # seconds by the clock for each second of the processor that a file may take
TWICE = "it ended its worker twice"


class FileWork(Protocol):
    """Turn one task into findings.

    It goes to workers by pickle, and is made ready there.
    """

    def prepare(self) -> None:
        """Load what all tasks need."""
        ...

    def __call__(self, task: FileTask) -> FileFindings:
        """Do one task; raises `InputError` where the file is refused."""
        ...


@dataclass(frozen=True, slots=True)
class FileLimits:
    """Hold what one file may take.

    seconds: of the processor, as a busy machine is not the file's fault; `WAIT` times as many by the clock; memory: MiB
        beyond the model's.
    """

    seconds: float = QUEUE_FILE_S
    memory: int = QUEUE_FILE_MEMORY


class Executor(Protocol):
    """Run tasks somewhere, and hand back how each one ended; it remembers nothing else."""

    @property
    def room(self) -> int:
        """Return how many tasks it would take now."""
        ...

    def submit(self, task: FileTask) -> None:
        """Take a task."""
        ...

    def poll(self, seconds: float) -> Sequence[FileOutcome]:
        """Return what ended; wait up to `seconds` for the first."""
        ...

    def close(self) -> None:
        """End all workers, whatever they do."""
        ...


def do_task(work: FileWork, task: FileTask) -> FileOutcome:
    """Do one task; whatever is raised becomes the reason of a failure."""
    try:
        return FileOutcome(task.key, work(task))
    except InputError as error:
        return FileOutcome(task.key, None, str(error))
    except MemoryError:
        return FileOutcome(task.key, None, "it needs more memory than a file may take")
    except Exception as error:  # noqa: BLE001 - one file harms no other: the batch goes on, whatever was raised
        return FileOutcome(task.key, None, f"a fault of the program ({type(error).__name__}: {clean(error)})")


def too_long(limits: FileLimits) -> str:
    """Say that a file took longer than it may."""
    return f"it took longer than the {limits.seconds:g} s of processor time that a file may take"


class InlineWorker:
    """Run tasks in the caller's own process: no limits, no protection, nothing to start."""

    def __init__(self, work: FileWork) -> None:
        self._work, self._tasks = work, deque[FileTask]()

    @property
    def room(self) -> int:
        """Return how many tasks it would take now."""
        return 1 - len(self._tasks)

    def submit(self, task: FileTask) -> None:
        """Take a task."""
        self._tasks.append(task)

    def poll(self, seconds: float) -> Sequence[FileOutcome]:
        """Do the task that was taken."""
        return [do_task(self._work, self._tasks.popleft())] if self._tasks else []

    def close(self) -> None:
        """Forget the task that was taken."""
        self._tasks.clear()
