"""Let long work tell its steps, say what it found, and be stopped."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from contextvars import ContextVar
from typing import TypeVar

from .types import StopRequested

Item = TypeVar("Item")


class Progress:
    """Follow long work: functions that take long call it after each step.

    This one tells nobody and never stops. Those who follow work override `tell`, `emit` and `should_stop`.
    """

    __slots__ = ()

    def tell(self, done: int, total: int | None = None, text: str = "") -> None:
        """Tell how far the work is.

        Args:
            done: steps done; it never falls while `total` and `text` stay.
            total: steps in all, 0 where that is not known; None: as told before.
            text: what is being done, in words to count the steps behind; "": as told before.
        """

    def emit(self, value: object) -> None:
        """Hand over what was found: a typed value, or a sentence for people."""

    def should_stop(self) -> bool:
        """Return whether somebody asked the work to stop."""
        return False

    def check_stop(self) -> None:
        """Raise `StopRequested` where somebody asked the work to stop."""
        if self.should_stop():
            raise StopRequested

    def nested(self, before: int, total: int, text: str = "") -> Progress:
        """Return the progress of a part whose steps follow `before` of `total`.

        With `text` the part is told in these words, whatever its own are. Stops and values pass through.
        """
        return _NestedProgress(self, before, total, text)

    def named(self, text: str) -> Progress:
        """Return a progress that tells the same steps in these words."""
        return _NamedProgress(self, text)

    def quiet(self) -> Progress:
        """Return a progress that passes on stops only."""
        return _QuietProgress(self)

    def each(self, items: Collection[Item], text: str = "") -> Iterator[Item]:
        """Yield items, each of which is a step: told, and the place to stop, once the next is asked for."""
        steps = self.counter(len(items), text)
        for item in items:
            yield item
            steps.step()

    def counter(self, total: int, text: str = "") -> StepCounter:
        """Return a counter of `total` steps."""
        return StepCounter(self, total, text)


NO_PROGRESS = Progress()
_CURRENT: ContextVar[Progress] = ContextVar("current progress", default=NO_PROGRESS)


@contextlib.contextmanager
def followed_by(progress: Progress) -> Iterator[None]:
    """Let `progress` stop whatever is waited for in this thread, within the block."""
    token = _CURRENT.set(progress)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def current_progress() -> Progress:
    """Return what follows this thread's work.

    For waits that lie too deep to be handed a progress.
    """
    return _CURRENT.get()


class ForwardedProgress(Progress):
    """Pass everything on to another progress; subclasses change what is told on the way."""

    __slots__ = ("to",)

    def __init__(self, to: Progress) -> None:
        self.to = to

    def tell(self, done: int, total: int | None = None, text: str = "") -> None:
        """Pass on how far the work is."""
        self.to.tell(done, total, text)

    def emit(self, value: object) -> None:
        """Pass on what was found."""
        self.to.emit(value)

    def should_stop(self) -> bool:
        """Return whether somebody asked the other to stop."""
        return self.to.should_stop()


class _QuietProgress(ForwardedProgress):
    """Tell nothing; stop where the other stops."""

    __slots__ = ()

    def tell(self, done: int, total: int | None = None, text: str = "") -> None:
        """Tell nothing."""

    def emit(self, value: object) -> None:
        """Hand over nothing."""


class _NamedProgress(ForwardedProgress):
    """Tell the same steps in other words."""

    __slots__ = ("text",)

    def __init__(self, to: Progress, text: str) -> None:
        super().__init__(to)
        self.text = text

    def tell(self, done: int, total: int | None = None, text: str = "") -> None:
        """Tell the steps in the words given at the start."""
        self.to.tell(done, total, self.text)


class _NestedProgress(ForwardedProgress):
    """Count the steps of a part behind those before it."""

    __slots__ = ("before", "text", "total")

    def __init__(self, to: Progress, before: int, total: int, text: str) -> None:
        super().__init__(to)
        self.before, self.total, self.text = before, total, text

    def tell(self, done: int, total: int | None = None, text: str = "") -> None:
        """Tell the steps of the whole work, whatever the part's own total."""
        self.to.tell(min(self.before + done, self.total), self.total, self.text or text)


class StepCounter:
    """Count and tell steps; raise `StopRequested` after one where asked to stop."""

    __slots__ = ("done", "progress", "text", "total")

    def __init__(self, progress: Progress, total: int, text: str = "") -> None:
        self.progress, self.total, self.text = progress, total, text
        self.done = 0

    def step(self, count: int = 1) -> None:
        """Count `count` more steps as done."""
        self.done = min(self.done + count, self.total)
        self.progress.tell(self.done, self.total, self.text)
        self.progress.check_stop()
