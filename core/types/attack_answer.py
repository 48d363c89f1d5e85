"""Hold the answer to "was this face attacked?"."""

from __future__ import annotations

from dataclasses import dataclass

from .arrays import check
from .classifier_metrics import SignatureAnswer
from .explanations import Attribution
from .verdicts import AttackVerdict

SIGNS = "Signs of an attack"
PROCESSED = "Processed or noisy, but that does not carry the verdict"
NO_SIGN = "No sign of an attack"
UNDECIDED = "Inconclusive"
ANSWERS = (SIGNS, PROCESSED, NO_SIGN, UNDECIDED)


@dataclass(frozen=True, slots=True, eq=False)
class AttackAnswer:
    """Hold whether a face was attacked, with the two lines that speak.

    detector: whose verdict may have been attacked.
    label: one of `ANSWERS`.
    perturbed: score in [0, 1] that the pixels were changed by more than honest processing leaves; knows no detector.
    carries: score in [0, 1] that the change carries this detector's verdict; None where nothing was trained for it.
    p_attacked: both joined, in [0, 1]; None where `carries` is.
    scope: on what it was trained and measured.
    """

    detector: str
    label: str
    perturbed: float
    carries: float | None
    p_attacked: float | None
    scope: str

    def __post_init__(self) -> None:
        check(self.label in ANSWERS, f"an answer is one of {', '.join(ANSWERS)}", self.label)
        for name in ("perturbed", "carries", "p_attacked"):
            value = getattr(self, name)
            check(value is None or 0 <= value <= 1, f"{name} lies in [0, 1]", value)


@dataclass(frozen=True, slots=True, eq=False)
class AskedOfFace:
    """Hold all that was asked of a face to learn whether it was attacked.

    answer: None where it was not asked. verdict: of the attack detector that reads a map; reason: why there is none.
    attribution: the map. signature: what its signature is like; None where that was not asked.
    """

    answer: AttackAnswer | None
    verdict: AttackVerdict | None
    reason: str | None
    attribution: Attribution | None
    signature: SignatureAnswer | None = None
