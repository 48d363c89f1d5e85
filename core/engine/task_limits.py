"""Limit the processor time and the memory of the process that does tasks."""

from __future__ import annotations

import contextlib
import math
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from ..types import InputError
from .executor import WAIT, FileLimits, too_long


def allow_seconds(seconds: float) -> None:
    """Let the system end this process after so many more seconds of processor time."""
    if hasattr(signal, "alarm"):  # should it hang without working, and nobody be left to end it
        signal.alarm(math.ceil(WAIT * seconds) + 10)
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time() + seconds), hard))


@contextlib.contextmanager
def interrupted(limits: FileLimits) -> Iterator[None]:
    """Raise `InputError` in the block once it has used its seconds of processor time.

    For a process that is to live on; where the block hangs in foreign code, its end is left to whoever looks on. In
    another thread than the main one nothing happens, as signals are not heard there.
    """
    if not hasattr(signal, "SIGXCPU") or threading.current_thread() is not threading.main_thread():
        yield
        return
    import resource

    def stop(*_: object) -> None:
        raise InputError(too_long(limits))

    kept, (soft, hard) = signal.signal(signal.SIGXCPU, stop), resource.getrlimit(resource.RLIMIT_CPU)
    try:
        allow_seconds(limits.seconds)
        yield
    finally:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))
        signal.alarm(0)
        signal.signal(signal.SIGXCPU, kept)


def limit_memory(mebibytes: int) -> None:
    """Let allocations beyond the model's memory and `mebibytes` fail, where the system can."""
    try:
        import resource

        status = Path("/proc/self/status").read_text("utf-8")
        now = next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmData"))
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = now + (mebibytes << 20)
        resource.setrlimit(resource.RLIMIT_DATA, (wanted if hard < 0 else min(wanted, hard), hard))
    except (ImportError, OSError, StopIteration, ValueError):  # not Linux: the limit of time remains
        return
