"""Hold what a detector tells apart and must not.

Fields are named like the keys of the record. AUCs lie in [0, 1], intervals are of 95 %.
"""

from __future__ import annotations

from dataclasses import dataclass

from .calibration import Interval


@dataclass(frozen=True, slots=True)
class ShortcutControl:
    """Hold one control.

    control: in words; first, rest: what the two halves are, in words; n: faces of each.
    auc: that a face of the rest scores higher; None where there is none.
    at_chance: whether the interval holds 0.5.
    """

    control: str
    first: str
    rest: str
    n: tuple[int, int]
    auc: float | None
    auc_interval: Interval | None
    at_chance: bool


@dataclass(frozen=True, slots=True)
class ShortcutEvaluation:
    """Hold what `evaluate shortcuts` measures.

    controls: the first is none: the faces as they are.
    pairs: of a real face and its forgery; left_out: those of which a face was not found.
    """

    detector: str
    seed: int
    pairs: int
    left_out: int
    controls: tuple[ShortcutControl, ...]
