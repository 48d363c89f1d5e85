"""Share the processors that decode videos with others on this machine."""

from __future__ import annotations

import os

MAX_THREADS = 4  # more hold frames of their own without being much faster
_allowed = MAX_THREADS


def limit_decoder_threads(count: int) -> None:
    """Let each video be decoded by at most so many threads.

    It counts for this process and its readers.
    """
    global _allowed
    _allowed = max(1, min(MAX_THREADS, count))


def usable_processors() -> int:
    """Count the processors that this process may run on.

    `os.cpu_count` counts those of the machine, also where an affinity (taskset, a scheduler's share) allows fewer.
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def decoder_threads() -> int:
    """Return how many threads decode a video where several may."""
    return min(_allowed, usable_processors())
