"""Keep what was made last, however often a page asks for it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


def _one(_: object) -> int:
    return 1


class KeptValues(Generic[T]):
    """Keep values of all sessions by what they depend on.

    Beyond the limit, the one that nobody asked for longest goes.
    size: of a value, in the unit of the limit; by default each counts one.
    """

    def __init__(self, size: Callable[[T], int] = _one) -> None:
        self._size, self._lock = size, threading.Lock()
        self._kept: OrderedDict[Hashable, T] = OrderedDict()

    def get(self, of: Hashable, make: Callable[[], T], *, limit: int) -> T:
        """Return the value that is kept, else what `make` returns.

        Args:
            of: all that the value depends on.
            make: makes it; nobody changes it afterwards.
            limit: sum of the sizes that are kept, at most; the newest always is.
        """
        with self._lock:
            if of in self._kept:
                self._kept.move_to_end(of)
                return self._kept[of]
        made = make()
        with self._lock:
            self._kept[of] = made
            while len(self._kept) > 1 and sum(map(self._size, self._kept.values())) > limit:
                self._kept.popitem(last=False)
        return made
