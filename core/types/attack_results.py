"""Hold the result of an attack: image, both verdicts, norms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrays import Array, Settings, check_image
from .verdicts import Verdict


@dataclass(frozen=True, slots=True)
class AttackStep:
    """Say how far an attack on one face is, while it runs.

    step: queries about this image so far, from 1 on; forwards: forward passes of it so far.
    p_fake: the score of "fake" in [0, 1]; p_attacked: the attack detector's score of "attacked" in [0, 1], None where
        it was not asked, or does not apply.
    """

    step: int
    forwards: int
    p_fake: float
    p_attacked: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class AttackView:
    """Show an attack on one face between two of its steps.

    step: queries about this image so far, from 1 on.
    image: (H, W, 3) uint8, what the detector was asked about.
    gradient: (H, W) float32, the absolute gradient of the attack's loss there, summed over channels; None where the
        attack takes none.
    """

    step: int
    image: Array
    gradient: Array | None = None


@dataclass(frozen=True, slots=True, eq=False)
class AttackResult:
    """Hold an attacked face crop and everything measured on it.

    attack, settings, seed: how it was made.
    image: (H, W, 3) float32 in [0, 1]; every value is a multiple of 1/255.
    png: the same image as a file.
    before, after: verdicts on the original and on the PNG, re-opened.
    linf, l2: norms of the perturbation, in units of [0, 1]; psnr in dB; l0 counts changed pixels.
    queries: forward passes per image; backwards: backward passes to the image.
    seconds: wall time, without the attack detector's.
    trajectory: p_fake at each query.
    stopped: whether the user stopped it.
    detector_trajectory: (step from 1, p_attacked) where the attack detector ran; None where the image was still
        predicted fake, because it is applied only to faces predicted real.
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
    trajectory: tuple[float, ...]
    stopped: bool
    notes: tuple[str, ...] = ()
    backwards: int = 0
    l0: int = 0
    detector_trajectory: tuple[tuple[int, float | None], ...] = ()

    def __post_init__(self) -> None:
        check_image(self.image, "an attacked face", np.float32)

    @property
    def success(self) -> bool:
        """Return whether the attack flipped the label."""
        return self.before.label != self.after.label
