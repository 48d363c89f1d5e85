"""Hold verdicts of deepfake detectors and of attack detectors."""

from __future__ import annotations

from dataclasses import dataclass

from .arrays import FAKE, LABELS, REAL, Array, check

OUTPUTS = {"real": "not manipulated", "fake": "manipulated"}  # what people read of the two outputs


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """Hold a deepfake detector's verdict on one face.

    logits: (2,) float32 [real, fake].
    p_fake: in [0, 1]; a score and no probability unless `calibrated`.
    band: in words.
    abstained: why a computable verdict is withheld; the band is then "Inconclusive" whatever the score.
    interval: 95 % interval of the share of forgeries among calibration faces with such a score, widened to p_fake.
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
        """Return the fake logit minus the real logit."""
        return float(self.logits[FAKE]) - float(self.logits[REAL])

    @property
    def label(self) -> str:
        """Return "fake" when the fake logit is the larger one, else "real"."""
        return LABELS[int(self.logits[FAKE] > self.logits[REAL])]


@dataclass(frozen=True, slots=True, eq=False)
class AttackVerdict:
    """Hold an attack detector's verdict on crop and map.

    p_attacked: in [0, 1].
    scope: scope of validity: on what it was trained and measured.
    """

    detector: str
    p_attacked: float
    scope: str

    def __post_init__(self) -> None:
        check(0 <= self.p_attacked <= 1, "p_attacked lies in [0, 1]", self.p_attacked)

    @property
    def label(self) -> str:
        """Return "attacked" from 0.5 on, else "unattacked"."""
        return "attacked" if self.p_attacked >= 0.5 else "unattacked"
