"""Queue the threads that use one detector: verdicts first, long work between."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager

MAX_PAUSE = 5.0  # seconds that a step of long work without a detector waits for verdicts
MAX_PASSED = 8  # turns of verdicts before which long work steps back; then it takes one step


class _Thread(threading.local):
    """Hold one thread's depth of long work and the detectors it has."""

    def __init__(self) -> None:
        self.long = 0
        self.held: list[InferenceQueue] = []


_thread = _Thread()
_judging = threading.Condition()
_judges: Counter[int] = Counter()  # threads whose verdicts follow one another, of whatever detector


@contextmanager
def long_work() -> Iterator[None]:
    """Let this thread's turns in this block come after verdicts."""
    _thread.long += 1
    try:
        yield
    finally:
        _thread.long -= 1


def give_way() -> None:
    """Let others go first, between two steps of long work.

    They get this thread's detector; where it has none, as in a study with networks of its own, it leaves them the
    processor. No hook may be on the network at this moment. Nothing happens outside of long work.
    """
    if len(_thread.held) == 1:  # while waiting for one detector, no other is kept from those who wait for it
        _thread.held[0].give_way()
    elif not _thread.held and _thread.long:
        with _judging:
            _judging.wait_for(lambda: not _judges, MAX_PAUSE)


class InferenceQueue:
    """Give turns on one detector, to one thread at a time.

    The order is that of arrival. `with queue:` is a turn that nobody interrupts, for a verdict or while hooks are on
    the network; turns nest. Long work takes `long_turn` and gives way between its steps. Verdicts come before long
    work, but no more than `MAX_PASSED` of them between two of its steps.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._owner: int | None = None
        self._levels: list[bool] = []  # of the owner's nested turns, whether each gives way
        self._verdicts: deque[int] = deque()  # threads that wait, the first to come first
        self._long: deque[int] = deque()
        self._reserved: Counter[int] = Counter()
        self._passed = 0

    def __enter__(self) -> InferenceQueue:
        self._enter(gives_way=False)
        return self

    def __exit__(self, *error: object) -> None:
        self._leave()

    @contextmanager
    def long_turn(self) -> Iterator[None]:
        """Take a turn for long work, which `give_way` interrupts."""
        with long_work():
            self._enter(gives_way=True)
            try:
                yield
            finally:
                self._leave()

    @contextmanager
    def reserved(self) -> Iterator[None]:
        """Hold back the long work of others while verdicts follow one another.

        Else its steps take the processor from the search for faces. Means nothing inside of long work.
        """
        if _thread.long:
            yield
            return
        me = threading.get_ident()
        with self._condition:
            self._reserved[me] += 1
        with _judging:
            _judges[me] += 1
        try:
            yield
        finally:
            with _judging:
                _judges[me] -= 1
                if not _judges[me]:
                    del _judges[me]
                _judging.notify_all()
            with self._condition:
                self._reserved[me] -= 1
                self._reserved += Counter()  # forget threads without a reservation
                self._condition.notify_all()

    def give_way(self) -> None:
        """Let those go first whose turn comes before this work's next step."""
        me = threading.get_ident()
        with self._condition:
            if self._owner != me or not all(self._levels):
                return
            if not (self._verdicts or self._long or self._kept_back(me)):
                return
            levels, self._owner = self._levels, None
            self._condition.notify_all()
            self._wait(me, self._long)
            self._levels = levels

    @property
    def free(self) -> bool:
        """Return whether nobody has a turn."""
        return self._owner is None

    def _enter(self, *, gives_way: bool) -> None:
        me = threading.get_ident()
        with self._condition:
            if self._owner == me:
                self._levels.append(gives_way)
                return
            self._wait(me, self._long if _thread.long else self._verdicts)
            self._levels = [gives_way]
        _thread.held.append(self)

    def _leave(self) -> None:
        with self._condition:
            self._levels.pop()
            if not self._levels:
                self._owner = None
                _thread.held.remove(self)
                self._condition.notify_all()

    def _wait(self, me: int, line: deque[int]) -> None:
        """Wait in a line until it is this thread's turn, and take it."""
        line.append(me)
        try:
            self._condition.wait_for(lambda: self._owner is None and self._next() == me)
        finally:
            line.remove(me)
        self._owner = me
        if line is self._long:
            self._passed = 0
        elif self._long:
            self._passed += 1

    def _next(self) -> int | None:
        """Return the thread whose turn it is."""
        if self._verdicts and not (self._long and self._passed >= MAX_PASSED):
            return self._verdicts[0]
        if self._long and (self._passed >= MAX_PASSED or not self._kept_back(self._long[0])):
            return self._long[0]
        return None

    def _kept_back(self, thread: int) -> bool:
        """Return whether somebody else reserved the detector."""
        return any(other != thread for other in self._reserved)
