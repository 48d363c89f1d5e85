"""What detectors say of a face, an attacked face and a video."""

from __future__ import annotations

from dataclasses import dataclass

from .arrays import FAKE, LABELS, REAL, Array, check


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """What a deepfake detector says: `logits` (2,) float32 [real, fake], `p_fake` in [0, 1], `band` in words.

    `calibrated` False means that `p_fake` is a score and not a probability. `abstained` says why a verdict that could
    be computed is not given: the band is then "Inconclusive" whatever the score. `interval`: of faces with such a
    score, with 95 % confidence, so many were forged where the detector was calibrated.
    """

    detector: str
    logits: Array
    p_fake: float
    band: str
    calibrated: bool = False
    abstained: str | None = None
    interval: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        check(self.logits.shape == (2,), "a verdict has two logits [real, fake]", self.logits.shape)
        check(0 <= self.p_fake <= 1, "p_fake lies in [0, 1]", self.p_fake)

    @property
    def margin(self) -> float:
        """Fake logit minus real logit."""
        return float(self.logits[FAKE]) - float(self.logits[REAL])

    @property
    def label(self) -> str:
        """ "fake" when the fake logit is the larger one, else "real"."""
        return LABELS[int(self.logits[FAKE] > self.logits[REAL])]


@dataclass(frozen=True, slots=True, eq=False)
class AttackVerdict:
    """What an attack detector says of crop and map: `p_attacked` in [0, 1]; `scope`: trained and measured on what."""

    detector: str
    p_attacked: float
    scope: str

    def __post_init__(self) -> None:
        check(0 <= self.p_attacked <= 1, "p_attacked lies in [0, 1]", self.p_attacked)

    @property
    def label(self) -> str:
        """ "attacked" from 0.5 on, else "unattacked"."""
        return "attacked" if self.p_attacked >= 0.5 else "unattacked"
