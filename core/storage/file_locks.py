"""Let one writer at a time change a folder."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: other processes are not held off
    fcntl = None  # type: ignore[assignment]

_one_at_a_time = threading.Lock()


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file, alone among threads and processes of this machine.

    The file is made where it is missing, in a folder that is there, and stays. Its owner may be killed: the lock ends
    with the process. Where the disk has no locks, threads alone are held off.
    """
    with _one_at_a_time, path.open("ab") as file:
        if fcntl is not None:
            with contextlib.suppress(OSError):  # as some network disks have no locks
                fcntl.flock(file, fcntl.LOCK_EX)
        yield
