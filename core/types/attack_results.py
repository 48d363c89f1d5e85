"""What an attack leaves: the image, both verdicts and all norms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrays import Array, Settings, check_image
from .verdicts import Verdict


@dataclass(frozen=True, slots=True, eq=False)
class AttackResult:
    """A face crop under attack: `image` (H, W, 3) float32 in [0, 1], every value a multiple of 1/255.

    `after` is the verdict of the saved PNG, re-opened; `linf` and `l2` of the change in units of [0, 1]; `psnr` in dB;
    `l0` counts the pixels that differ. `course` holds p_fake at each step at which the detector was asked; `queries`
    counts its forward passes of one picture, `backwards` the passes back to the picture. `attacked_course` holds the
    steps, from 1 on, at which the attack detector was watched, with its score of "attacked"; None where the picture was
    called fake, as it is then not asked. `seconds` are without it.
    """

    id: str
    attack: str
    settings: Settings
    seed: int
    image: Array
    png: bytes
    before: Verdict
    after: Verdict
    linf: float
    l2: float
    psnr: float
    queries: int
    seconds: float
    course: tuple[float, ...]
    stopped: bool
    notes: tuple[str, ...] = ()
    backwards: int = 0
    l0: int = 0
    attacked_course: tuple[tuple[int, float | None], ...] = ()

    def __post_init__(self) -> None:
        check_image(self.image, "an attacked face", np.float32)

    @property
    def success(self) -> bool:
        """Whether the attack turned the label."""
        return self.before.label != self.after.label
