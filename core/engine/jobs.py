"""Work in the background: how far it is, and the wish to stop it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, eq=False)
class Job:
    """Work in a thread of its own: what it is doing, how far it is, and the wish to stop it."""

    kind: str
    text: str
    done: int = 0
    total: int = 0
    error: Exception | None = None
    trail: list[Any] = field(default_factory=list)  # what came of it so far, for a page that draws it as it grows
    begun: float = field(default_factory=time.monotonic)
    halt: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    @property
    def finished(self) -> bool:
        """Whether the thread has ended."""
        return self.thread is not None and not self.thread.is_alive()

    @property
    def line(self) -> str:
        """What it is doing, how far, and about how long is left."""
        counted = f": {self.done} of {self.total}" if self.total else ""
        if self.halt.is_set():
            return f"{self.text}{counted}. Stopping; what there is will be kept."
        each = (time.monotonic() - self.begun) / (self.done - 1) if self.done > 2 else 0.0
        left = f", about {each * (self.total - self.done):.0f} s left" if each and self.total else ""
        return f"{self.text}{counted}{left}"

    @property
    def part(self) -> float:
        """The share done, in [0, 1]."""
        return min(1.0, self.done / self.total) if self.total else 0.0

    def tell(self, done: int, total: int | None = None, text: str | None = None) -> None:
        """Note how far the work is; the time that is left is told from the second step on (the first warms up)."""
        if done == 1:
            self.begun = time.monotonic()
        self.done = done
        self.total = self.total if total is None else total
        self.text = text or self.text
