"""Show how far a command is, as lines on standard error."""

from __future__ import annotations

import sys
import threading

from ..progress import Progress
from .common import say


class LineProgress(Progress):
    """Write a line for each tenth of the work and each sentence.

    `stop` ends the work.
    """

    def __init__(self, stop: threading.Event | None = None) -> None:
        self.stop = stop
        self.doing, self.total, self.tenth = "", 0, 0

    def tell(self, done: int, total: int | None = None, text: str = "") -> None:
        """Write how far the work is, where another tenth of it is done."""
        if (text or self.doing, self.total if total is None else total) != (self.doing, self.total):
            self.doing, self.total, self.tenth = text or self.doing, self.total if total is None else total, 0
        if self.total and (tenth := 10 * done // self.total) > self.tenth:
            self.tenth = tenth
            say(f"{self.doing}: {done} of {self.total}")

    def emit(self, value: object) -> None:
        """Write a sentence; other values are not for the terminal."""
        if isinstance(value, str):
            say(value)

    def should_stop(self) -> bool:
        """Return whether the command was interrupted."""
        return self.stop is not None and self.stop.is_set()


class DownloadLine(Progress):
    """Write how much of a file is there.

    A line that renews itself on a terminal, one for each tenth elsewhere.
    """

    def __init__(self, name: str) -> None:
        self.name, self.said = name, -1

    def tell(self, done: int, total: int | None = None, text: str = "") -> None:
        """Write the share of bytes that is there."""
        share = f"{done / total:4.0%} of {total / 1e6:.1f} MB" if total else f"{done / 1e6:.1f} MB"
        if sys.stderr.isatty():
            print(f"\r{self.name}: {share}", end="\n" if done == total else "", file=sys.stderr, flush=True)
        elif (tenth := 10 * done // total if total else done // 10_000_000) > self.said:
            self.said = tenth
            say(f"{self.name}: {share}")
