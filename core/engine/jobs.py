"""Run long work in a thread of its own: how far it is, what it found, and how it is stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..types import StopRequested


@dataclass(slots=True, eq=False)
class Job:
    """Run one piece of work in a daemon thread that tells how far it is and can be stopped.

    kind: names the work, for whoever shows it; text: what it is doing now, in words for people;
    done, total: steps done and to do, total 0 where that is not known; error: what ended the work, but for a stop;
    trail: values found so far, for whoever draws them while they come; halt: set by whoever wants it to stop.
    """

    kind: str
    text: str
    done: int = 0
    total: int = 0
    error: Exception | None = None
    trail: list[Any] = field(default_factory=list)
    begun: float = field(default_factory=time.monotonic)
    halt: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    def start(self, work: Callable[[Job], None]) -> None:
        """Begin `work`, which is handed this job; it ends early by `StopRequested` or by returning."""

        def run() -> None:
            try:
                work(self)
            except StopRequested:
                pass
            except Exception as error:  # noqa: BLE001 - shown by whoever started it, as what it is
                self.error = error

        self.thread = threading.Thread(target=run, name=f"prosopon-{self.kind}", daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """Ask the work to stop; it ends at its next step."""
        self.halt.set()

    def should_stop(self) -> bool:
        """Return whether the work was asked to stop."""
        return self.halt.is_set()

    def check_stop(self) -> None:
        """Raise `StopRequested` where the work was asked to stop."""
        if self.halt.is_set():
            raise StopRequested

    @property
    def finished(self) -> bool:
        """Return whether the thread has ended."""
        return self.thread is not None and not self.thread.is_alive()

    @property
    def line(self) -> str:
        """Say what it is doing, how far it is, and about how long is left."""
        counted = f": {self.done} of {self.total}" if self.total else ""
        if self.should_stop():
            return f"{self.text}{counted}. Stopping; what there is will be kept."
        seconds = (time.monotonic() - self.begun) / (self.done - 1) if self.done > 2 else 0.0
        left = f", about {seconds * (self.total - self.done):.0f} s left" if seconds and self.total else ""
        return f"{self.text}{counted}{left}"

    @property
    def part(self) -> float:
        """Return the share done, in [0, 1]."""
        return min(1.0, self.done / self.total) if self.total else 0.0

    def tell(self, done: int, total: int | None = None, text: str | None = None) -> None:
        """Note how far the work is.

        The time left is measured from the first step's end on, as the first step warms up.
        """
        if done == 1:
            self.begun = time.monotonic()
        self.done = done
        self.total = self.total if total is None else total
        self.text = text or self.text
