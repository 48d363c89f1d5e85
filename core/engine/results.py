"""Results by key, bounded in number and size."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from ..registry import Value
from ..types import Settings

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
