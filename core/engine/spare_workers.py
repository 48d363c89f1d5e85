"""Keep workers ready before there is work.

Its first file then need not wait for the model.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from .executor import Executor

IDLE = 600.0  # seconds after which spare workers that nobody took are ended


class _Watched(Executor, Protocol):
    @property
    def alive(self) -> bool: ...


class SpareWorkers:
    """Hold at most one batch's workers while nothing asks for them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key = ""
        self._ready: _Watched | None = None
        self._end: threading.Timer | None = None

    def prepare(self, key: str, start: Callable[[], _Watched]) -> None:
        """Start workers, unless there are living ones that can do the same.

        Args:
            key: of what the workers can do, such as the settings as text.
            start: starts them, and does not wait until they are ready.
        """
        with self._lock:
            if self._ready and self._ready.alive and self._key == key:
                return
            old, self._ready, self._key = self._ready, start(), key
            if self._end:
                self._end.cancel()
            self._end = threading.Timer(IDLE, self.close)
            self._end.daemon = True
            self._end.start()
        if old:
            old.close()

    def take(self, key: str) -> Executor | None:
        """Return living workers that can do this, ready or not.

        None where there are none. Whoever takes them ends them.
        """
        with self._lock:
            if self._key != key:
                return None
            found, self._ready = self._ready, None
        if found and not found.alive:
            found.close()
            return None
        return found

    def close(self) -> None:
        """End the workers that nobody took."""
        with self._lock:
            old, self._ready = self._ready, None
        if old:
            old.close()
