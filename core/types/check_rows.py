"""Hold what the self-test found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class CheckRow:
    """Hold one check of the self-test.

    wanted: trials to make, more than `tried` where the time was up; tracebacks: errors that are no sentence for people;
    over_2_s: trials that used more processor time; over_512_mb: that needed more memory over the idle process; wrong:
    other failures, such as a wrong result, a half file or a dead process; examples: the first failures, in words.
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

    @property
    def passed(self) -> bool:
        """Return whether something was tried and nothing failed."""
        return self.tried > 0 and not (self.tracebacks or self.over_2_s or self.over_512_mb or self.wrong)
