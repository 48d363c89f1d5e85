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


def decoder_threads() -> int:
    """Return how many threads decode a video where several may."""
    return min(_allowed, os.cpu_count() or 1)
