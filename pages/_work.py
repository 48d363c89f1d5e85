"""Work in the background and what came of it: a job with its progress, and results by key, bounded."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

import numpy as np

from core.registry import Value
from core.types import Settings

Key = tuple[str, str, str, str, tuple[tuple[str, Value], ...], int]
LIMIT, LIMIT_BYTES = 200, 256 * 2**20  # of a session's results


def key_of(kind: str, of: str, detector: str, method: str, settings: Settings, seed: int = 0) -> Key:
    """The key of a result; `of` is the SHA-256 of the picture it is about."""
    return kind, of, detector, method, tuple(sorted(settings.items())), seed


class Results:
    """A session's results by key, the least recently used dropped first; workers may put while a page reads."""

    def __init__(self) -> None:
        self._held: OrderedDict[Key, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> Any | None:
        """The result, or None."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
            return self._held.get(key)

    def put(self, key: Key, value: Any) -> None:
        """Keep a result, and let go of the oldest beyond the limits."""
        with self._lock:
            self._held[key] = value
            self._held.move_to_end(key)
            while len(self._held) > 1 and (len(self._held) > LIMIT or self._bytes() > LIMIT_BYTES):
                self._held.popitem(last=False)

    def of(self, kind: str, of: str, detector: str) -> list[Any]:
        """The results of a kind, about one picture by one detector."""
        with self._lock:
            return [value for key, value in self._held.items() if key[:3] == (kind, of, detector)]

    def _bytes(self) -> int:
        return sum(_size(value) for value in self._held.values())


def _size(value: Any) -> int:
    """The bytes of the arrays and files in a result, however deep they lie in it."""
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, bytes):
        return len(value)
    if is_dataclass(value):
        return sum(_size(getattr(value, one.name)) for one in fields(value))
    return sum(map(_size, value)) if isinstance(value, (tuple, list)) else 0


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
