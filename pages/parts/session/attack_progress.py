"""Tell the steps of an attack in words, inside of a job."""

from __future__ import annotations

from collections.abc import Callable

from core.attacks import AttackCallbacks
from core.engine.jobs import Job
from core.progress import ForwardedProgress, Progress
from core.types import Array, AttackStep, AttackView

SOME_STEPS = 20  # at which the attack detector is asked, unless at each
AttackScore = Callable[[Array], float | None]


class LiveProgress(ForwardedProgress):
    """Tell the steps of an attack on one face in words: query, scores."""

    __slots__ = ("text",)

    def __init__(self, to: Progress, text: str) -> None:
        super().__init__(to)
        self.text = text

    def emit(self, value: object) -> None:
        """Pass on a step, and say it."""
        super().emit(value)
        if isinstance(value, AttackStep):
            also = "" if value.p_attacked is None else f", of “attacked” {value.p_attacked:.3f}"
            said = f"{self.text}, step {value.step}, score of “manipulated” {value.p_fake:.3f}{also}, query"
            self.tell(value.forwards, text=said)


class QueryProgress(ForwardedProgress):
    """Tell the queries of an attack, without the scores of a deepfake detector."""

    __slots__ = ("text",)

    def __init__(self, to: Progress, text: str) -> None:
        super().__init__(to)
        self.text = text

    def emit(self, value: object) -> None:
        """Count a step's queries."""
        if isinstance(value, AttackStep):
            self.to.tell(value.forwards, text=f"{self.text}, query")


def live_callbacks(
    job: Job, text: str, *, stop_at: float | None, score: AttackScore | None, steps: int, asks: str
) -> AttackCallbacks:
    """Follow an attack as progress and as both trajectories.

    Args:
        job: is told.
        text: the attack in words.
        stop_at: the score of "real" at which the attack ends, or None.
        score: the attack detector's score of a crop (see `AttackCallbacks.p_attacked`), None where it does not apply.
        steps: how many steps there are at most.
        asks: how often the attack detector runs, "none", "some" or "each" step.
    """
    every = 1 if asks == "each" else max(1, -(-steps // SOME_STEPS))

    def watch(view: AttackView) -> None:
        job.view = view

    return AttackCallbacks(LiveProgress(job, text), stop_at, score if asks != "none" else None, every, watch)
