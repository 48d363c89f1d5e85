"""Hold the verdicts on a clean and an attacked face after one post-processing operation."""

from __future__ import annotations

from dataclasses import dataclass

from .verdicts import Verdict


@dataclass(frozen=True, slots=True, eq=False)
class RobustnessRow:
    """Hold the verdicts on a clean and an attacked face after one operation.

    operation, value: of `OPERATIONS`; words: name both.
    """

    operation: str
    value: float
    words: str
    clean: Verdict
    attacked: Verdict

    @property
    def survived(self) -> bool:
        """Tell whether the attacked face is still predicted real."""
        return self.attacked.label == "real"

    @property
    def changes_verdict(self) -> bool:
        """Tell whether the attack brings another verdict, and one that is milder."""
        return self.attacked.band != self.clean.band and self.attacked.p_fake < self.clean.p_fake

    @property
    def by_attack(self) -> bool:
        """Tell whether the attack makes the difference: the clean face is predicted fake."""
        return self.survived and self.clean.label == "fake"
