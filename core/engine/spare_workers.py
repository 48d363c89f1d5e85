"""Keep workers ready before there is work.

Its first file then need not wait for the model.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from ..types import InputError
from .batch_run import Batch, make_executor
from .executor import Executor

IDLE = 600.0  # seconds after which spare workers that nobody took are ended


class SpareWorkers:
    """Hold at most one batch's workers, started in the background."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key = ""
        self._ready: Executor | None = None
        self._thread: threading.Thread | None = None
        self._end: threading.Timer | None = None

    def prepare(self, key: str, make: Callable[[], Batch]) -> None:
        """Start the workers of a batch in the background, unless there are some.

        Args:
            key: of what the workers can do, such as the settings as text.
            make: returns a batch like the one to come; called in the background, as it may load models.
        """
        with self._lock:
            starting = self._thread is not None and self._thread.is_alive()
            if starting or (self._ready and self._key == key):
                return
            old, self._ready, self._key = self._ready, None, key
            self._thread = threading.Thread(target=self._start, args=(make,), daemon=True, name="prosopon-spare")
            self._thread.start()
        if old:
            old.close()

    def take(self, key: str) -> Executor | None:
        """Return workers that can do this, once they are ready.

        None where there are none. Whoever takes them ends them.
        """
        if self._thread and self._key == key:
            self._thread.join()
        with self._lock:
            if self._key != key:
                return None
            found, self._ready = self._ready, None
            return found

    def close(self) -> None:
        """End the workers that nobody took."""
        with self._lock:
            old, self._ready = self._ready, None
        if old:
            old.close()

    def _start(self, make: Callable[[], Batch]) -> None:
        try:
            made = make_executor(make())
        except InputError:  # the batch itself will say so
            return
        with self._lock:
            self._ready = made
            if self._end:
                self._end.cancel()
            self._end = threading.Timer(IDLE, self.close)
            self._end.daemon = True
            self._end.start()
