"""Limit the processor time and the memory of the process that does tasks."""

from __future__ import annotations

import contextlib
import math
import signal
import time
from pathlib import Path

from .executor import WAIT


def allow_seconds(seconds: float) -> None:
    """Let the system end this process after so many more seconds of processor time."""
    if hasattr(signal, "alarm"):  # should it hang without working, and nobody be left to end it
        signal.alarm(math.ceil(WAIT * seconds) + 10)
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time() + seconds), hard))


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
