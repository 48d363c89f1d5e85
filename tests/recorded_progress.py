"""A progress that keeps all it is told, and asks for a stop when a test wants it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from core.progress import Progress


class RecordedProgress(Progress):
    """Keep what is told and emitted; `stop` is asked, with this progress, whether to stop."""

    def __init__(self, stop: Callable[[RecordedProgress], bool] = lambda _: False) -> None:
        self.stop = stop
        self.told: list[tuple[int, int | None, str]] = []
        self.emitted: list[Any] = []
        self.asked = 0
        self.after_stop: list[object] = []  # told or emitted once a stop was answered with yes
        self.stopped = False

    def tell(self, done: int, total: int | None = None, text: str = "") -> None:
        self.told.append((done, total, text))
        if self.stopped:
            self.after_stop.append(self.told[-1])

    def emit(self, value: object) -> None:
        self.emitted.append(value)
        if self.stopped:
            self.after_stop.append(value)

    def should_stop(self) -> bool:
        self.asked += 1
        self.stopped = self.stopped or self.stop(self)
        return self.stopped

    @property
    def steps(self) -> list[tuple[int, int | None]]:
        """(done, total) of each step told."""
        return [(done, total) for done, total, _ in self.told]

    def check_monotone(self) -> None:
        """In each stage steps never fall, nor rise above their total; no stage is told again after another."""
        stages = [(text, total) for _, total, text in self.told]
        assert len(dict.fromkeys(stages)) == 1 + sum(a != b for a, b in pairwise(stages))
        for stage in dict.fromkeys(stages):
            done = [step for step, total, text in self.told if (text, total) == stage]
            assert done == sorted(done)
            assert not stage[1] or 0 <= done[-1] <= stage[1]


def at_once(_: RecordedProgress) -> bool:
    """Stop at the first time of asking."""
    return True


def after_steps(count: int) -> Callable[[RecordedProgress], bool]:
    """Stop once so many steps were told."""
    return lambda progress: len(progress.told) >= count
