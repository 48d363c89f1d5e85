"""Run long work in a thread that can be followed and stopped.

A process that reads a file for a job (`core.media.readers`) ends with it: the job is what is asked whether to stop.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..output.text import time_left
from ..progress import Progress, followed_by
from ..storage.error_log import error_log, note_error
from ..types import InputError, StopRequested


def fault_sentence(error: BaseException) -> str:
    """Note an unforeseen error in the log, and return a sentence that says where."""
    return (
        f"This did not work, by a fault of the program ({type(error).__name__}), not of yours; nothing else is lost. "
        f"It is noted under {note_error(error)} in {error_log()}."
    )


@dataclass(slots=True, eq=False)
class Job(Progress):
    """Run one piece of work in a daemon thread, and be its progress.

    Whoever shows it may read from any other thread.

    kind: names the work, for whoever shows it; text: what it is doing now, in words for people;
    done, total: steps done and to do, total 0 where that is not known; problem: what ended the work, in a sentence for
        people; None where it ended by itself or was stopped;
    trail: values emitted so far, for whoever draws them while they come; view: what it works on
        now, likewise; halt: set by whoever wants it to stop; after_stop: what a stop leaves, in words.
    """

    kind: str
    text: str
    done: int = 0
    total: int = 0
    problem: str | None = None
    trail: list[Any] = field(default_factory=list)
    begun: float = field(default_factory=time.monotonic)
    view: Any = None
    halt: threading.Event = field(default_factory=threading.Event)
    after_stop: str = "what there is will be kept"
    thread: threading.Thread | None = None
    _due: dict[int, float] = field(default_factory=dict, repr=False)  # by total, when all was thought to be done
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def start(self, work: Callable[[Job], None]) -> None:
        """Begin `work`, handed this job; `StopRequested` ends it early."""

        def run() -> None:
            try:
                with followed_by(self):
                    work(self)
            except StopRequested:
                pass
            except InputError as error:
                self.problem = str(error)
            except BaseException as error:  # noqa: BLE001 - whatever was raised, as a panic of a library in Rust
                self.problem = fault_sentence(error)

        self.thread = threading.Thread(target=run, name=f"prosopon-{self.kind}", daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """Ask the work to stop; it ends at its next step."""
        self.halt.set()

    def should_stop(self) -> bool:
        """Return whether the work was asked to stop."""
        return self.halt.is_set()

    @property
    def finished(self) -> bool:
        """Return whether the thread has ended."""
        return self.thread is not None and not self.thread.is_alive()

    def join(self, seconds: float) -> None:
        """Wait for the thread's end, at most so long."""
        if self.thread is None:  # not begun
            time.sleep(seconds)
        else:
            self.thread.join(seconds)

    @property
    def line(self) -> str:
        """Say what it is doing, how far it is, and what time is left."""
        with self._lock:  # never the steps of one text with the total of another
            text, done, total, begun = self.text, self.done, self.total, self.begun
        counted = f": {done} of {total}" if total else ""
        if self.should_stop():
            return f"{text}{counted}. Stopping; what there is will be kept."
        return f"{text}{counted}{self._left(begun, done, total)}"

    def _left(self, begun: float, done: int, total: int) -> str:
        """Say about how long is left.

        What is said never grows while the total stays.
        """
        if done <= 2 or done >= total:
            return ""  # not known yet; or all steps are done, and what follows them is not counted
        now = time.monotonic()
        estimate = (now - begun) / (done - 1) * (total - done)
        due = min(now + estimate, self._due.get(total, float("inf")))
        self._due = {total: due}
        if due - now >= 1:
            return f", {time_left(due - now)}"
        return ", a moment left" if estimate < 3 else ", longer than thought"

    @property
    def part(self) -> float:
        """Return the share done, in [0, 1]."""
        with self._lock:
            return min(1.0, self.done / self.total) if self.total else 0.0

    def tell(self, done: int, total: int | None = None, text: str = "") -> None:
        """Note how far the work is.

        The time left is measured from the first step's end on, as the first step warms up.
        """
        with self._lock:
            if done == 1 != self.done:
                self.begun = time.monotonic()
            self.done = done
            self.total = self.total if total is None else total
            self.text = text or self.text

    def emit(self, value: object) -> None:
        """Put a value at the end of the trail."""
        with self._lock:
            self.trail.append(value)
