"""Hold the answer to "is this face wholly synthetic?"."""

from __future__ import annotations

from dataclasses import dataclass

from .arrays import check

SYNTHETIC = "Likely synthetic"
NO_SIGN = "No sign of a synthetic face"
UNDECIDED = "Inconclusive"
UNKNOWN = "Outside of what this detector knows"
SYNTHETIC_ANSWERS = (SYNTHETIC, NO_SIGN, UNDECIDED, UNKNOWN)


@dataclass(frozen=True, slots=True, eq=False)
class SyntheticAnswer:
    """Hold whether a generator made a face as a whole.

    label: one of `SYNTHETIC_ANSWERS`.
    p_synthetic: calibrated probability in [0, 1]; None where nothing could be computed.
    reason: why the answer is withheld; None where it is not.
    scope: on what it was trained and measured.
    """

    label: str
    p_synthetic: float | None
    reason: str | None
    scope: str

    def __post_init__(self) -> None:
        said = f"an answer about a synthetic face is one of {', '.join(SYNTHETIC_ANSWERS)}"
        check(self.label in SYNTHETIC_ANSWERS, said, self.label)
        value = self.p_synthetic
        check(value is None or 0 <= value <= 1, "p_synthetic lies in [0, 1]", value)
        given = (self.label == UNKNOWN) == (self.reason is not None)
        check(given, "an answer has a reason exactly where it is withheld", repr(self.reason))
