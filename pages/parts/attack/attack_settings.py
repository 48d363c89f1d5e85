"""Hold what the page Attack was set to, while the page is left."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.media.images import DIFFERENCE_FACTOR
from core.media.write import CRF, QUALITY
from core.media_attack import smallest_epsilon
from core.registry import Value

SMALLEST, OWN = "least", "own"
LEVELS = tuple(map(str, smallest_epsilon.LEVELS))  # of epsilon in 1/255


@dataclass(slots=True)
class AttackSettings:
    """Hold the attack and its settings, shared by one face and the whole file.

    method: its name.
    strength: epsilon in 1/255 as one of `LEVELS`, `SMALLEST` for the smallest that turns the verdict, `OWN` for that
        among the values.
    values: its settings, where not the default ones; seed: of what it samples.
    factor: what the shown difference is multiplied by.
    stop_at: the score of "real" at which it ends early, or None.
    asks: how often the attack detector is asked on the way, "none", "some" or "each" step; tab: the open one;
        filled: those that were open since the page was.
    """

    method: str = "pgd"
    strength: str = SMALLEST
    values: dict[str, Value] = field(default_factory=dict)
    seed: int = 0
    factor: int = DIFFERENCE_FACTOR
    stop_at: float | None = None
    asks: str = "some"
    tab: str | None = None
    filled: tuple[str, ...] = ()


@dataclass(slots=True)
class FileAttackSettings:
    """Hold what of a file is attacked, and how it is written.

    frames: of a video, None for all; lossy: whether a file with loss is written too; crf: of H.264, 0 to 51;
    quality: of JPEG, 1 to 100; frame: the number of the frame that is looked at.
    """

    frames: int | None = 16
    lossy: bool = True
    crf: int = CRF
    quality: int = QUALITY
    frame: int | None = None


@dataclass(slots=True)
class SweepSettings:
    """Hold the settings of a sweep over epsilon.

    attacks: their names; epsilons: as written, in 1/255; which: "fake" for the faces called fake, or "all";
    max_faces, steps, queries: upper limits; seed: of what the attacks sample.
    """

    attacks: tuple[str, ...] = ("fgsm", "pgd", "noise")
    epsilons: str = "0, 1, 2, 4, 8, 16"
    which: str = "fake"
    max_faces: int = 8
    steps: int = 20
    queries: int = 300
    seed: int = 0
