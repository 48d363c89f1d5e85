"""Hold what the self-test found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class CheckRow:
    """Hold one check of the self-test.

    wanted: trials to make, more than `tried` where the time was up; tracebacks: errors that are no sentence for people;
    over_2_s: trials that used more processor time; over_512_mb: that needed more memory over the idle process; wrong:
    other failures, such as a wrong result, a half file or a dead process; examples: the first failures, in words;
    ratio: what a check measures that counts no failures, at most `aim`; None for others, whose aim is 0 failures.
    """

    check: str
    what: str
    wanted: int
    tried: int
    tracebacks: int
    over_2_s: int
    over_512_mb: int
    wrong: int
    seconds: float
    examples: tuple[str, ...]
    ratio: float | None = None
    aim: float = 0.0

    @property
    def measured(self) -> float:
        """Return what `aim` is for: the ratio, else the number of failures."""
        failures = self.tracebacks + self.over_2_s + self.over_512_mb + self.wrong
        return failures if self.ratio is None or failures else self.ratio

    @property
    def passed(self) -> bool:
        """Return whether something was tried, nothing failed, and the aim is met."""
        failures = self.tracebacks + self.over_2_s + self.over_512_mb + self.wrong
        return self.tried > 0 and not failures and self.measured <= self.aim
