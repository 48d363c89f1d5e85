"""Limit the calls of a run, and say beforehand what it costs."""

from __future__ import annotations

from dataclasses import dataclass

from ...types import InputError
from ...types.arrays import check

MAX_CALLS = 10_000  # of one run


@dataclass(frozen=True, slots=True, eq=False)
class RunEstimate:
    """Say what a run would cost at most, before anything is sent.

    questions: asked in all; kept: answered by earlier calls, free.
    calls: requests to be sent, without those repeated after throttling.
    price: in US dollars, at the price per 1,000 calls that was given.
    """

    questions: int
    kept: int
    calls: int
    price: float


class CallBudget:
    """Count a run's requests; refuse the one beyond the limit before it is sent."""

    __slots__ = ("limit", "sent")

    def __init__(self, limit: int) -> None:
        check(1 <= limit <= MAX_CALLS, f"a call limit lies between 1 and {MAX_CALLS}", limit)
        self.limit, self.sent = limit, 0

    def spend(self) -> None:
        """Count one request, repeated ones too; raise an `InputError` where none is left."""
        if self.sent >= self.limit:
            raise InputError(f"the limit of {self.limit} calls is reached; nothing more was sent")
        self.sent += 1
