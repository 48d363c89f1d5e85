"""Tell the steps of an attack in words, inside of a job."""

from __future__ import annotations

from core.progress import ForwardedProgress, Progress
from core.types import AttackStep


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
            said = f"{self.text}, step {value.step}, score of “fake” {value.p_fake:.3f}{also}, query"
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
