"""Keep results under named keys, bounded in number and size."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from ..registry import Value
from ..types import Settings

MAX_RESULTS, MAX_BYTES = 200, 256 * 2**20  # of one store
T = TypeVar("T")


class ResultKey(NamedTuple, Generic[T]):
    """Name a result of type `T` by what it was made of.

    kind: what was made, such as "map"; of: SHA-256 of the image or file that it is about; detector: its version, or
    "" where none had a part; method, settings (sorted by name), seed: how it was made.
    """

    kind: str
    of: str
    detector: str = ""
    method: str = ""
    settings: tuple[tuple[str, Value], ...] = ()
    seed: int = 0

    def with_settings(self, settings: Settings, seed: int = 0) -> ResultKey[T]:
        """Return this key with the settings and the seed of the result."""
        return self._replace(settings=tuple(sorted(settings.items())), seed=seed)

    def setting(self, name: str) -> Value | None:
        """Return one setting; None where it was not among them."""
        return dict(self.settings).get(name)

    def made_as(self, other: ResultKey[Any]) -> bool:
        """Return whether the other result was made by the same method, settings and seed."""
        return (self.method, self.settings, self.seed) == (other.method, other.settings, other.seed)


class ResultStore:
    """Keep results by their keys; the least recently used goes first. Threads may put while others read."""

    def __init__(self) -> None:
        self._held: OrderedDict[ResultKey[Any], Any] = OrderedDict()
        self._latest: dict[tuple[str, str, str, str | None], ResultKey[Any]] = {}
        self._lock = threading.RLock()

    def get(self, key: ResultKey[T]) -> T | None:
        """Return the result, or None."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
            return self._held.get(key)

    def put(self, key: ResultKey[T], value: T, *, latest: bool = False) -> None:
        """Keep a result, and let the oldest beyond the bounds go.

        `latest` is as in `mark_latest`.
        """
        with self._lock:
            self._held[key] = value
            self._held.move_to_end(key)
            if latest:
                self.mark_latest(key)
            while len(self._held) > 1 and (len(self._held) > MAX_RESULTS or self._bytes() > MAX_BYTES):
                self._drop(next(iter(self._held)))

    def get_or_make(self, key: ResultKey[T], make: Callable[[], T]) -> T:
        """Return the result, made and kept where there is none."""
        value = self.get(key)
        if value is None:
            value = make()
            self.put(key, value)
        return value

    def take_over(self, other: ResultStore) -> None:
        """Keep also what another store holds, as far as there is room beside what is here already."""
        with other._lock:
            held, latest = list(other._held.items()), dict(other._latest)
        with self._lock:
            for key, value in reversed(held):
                if key in self._held:
                    continue
                self._held[key] = value
                self._held.move_to_end(key, last=False)
                if len(self._held) > MAX_RESULTS or self._bytes() > MAX_BYTES:
                    self._drop(key)
                    break
            known = {place: key for place, key in latest.items() if place not in self._latest and key in self._held}
            self._latest |= known

    def forget(self, kind: str) -> None:
        """Let all results of a kind go."""
        with self._lock:
            for key in [key for key in self._held if key.kind == kind]:
                self._drop(key)

    def mark_latest(self, key: ResultKey[Any]) -> None:
        """Make this the latest result of its kind and method on its image."""
        with self._lock:
            for method in (None, key.method):
                self._latest[key.kind, key.of, key.detector, method] = key

    def latest(self, kind: str, of: str, detector: str, method: str | None = None) -> ResultKey[Any] | None:
        """Return the key that was marked last, of any method or of one.

        None where its result is gone.
        """
        with self._lock:
            return self._latest.get((kind, of, detector, method))

    def of_image(self, kind: str, of: str, detector: str) -> list[Any]:
        """Return all results of a kind about one image by one detector."""
        with self._lock:
            return [
                value for key, value in self._held.items() if (key.kind, key.of, key.detector) == (kind, of, detector)
            ]

    def _drop(self, key: ResultKey[Any]) -> None:
        del self._held[key]
        for place in [place for place, named in self._latest.items() if named == key]:
            del self._latest[place]

    def _bytes(self) -> int:
        return sum(_size(value) for value in self._held.values())


def _size(value: Any) -> int:
    """Count the bytes of all arrays and files in a result."""
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, bytes):
        return len(value)
    if is_dataclass(value):
        return sum(_size(getattr(value, one.name)) for one in fields(value))
    return sum(map(_size, value)) if isinstance(value, (tuple, list)) else 0
