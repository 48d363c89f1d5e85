"""Let somebody follow an attack while it runs, and end it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...progress import NO_PROGRESS, Progress
from ...types import Array, AttackView

VIEW_SECONDS = 0.4  # from one view to the next: a few a second, which cost nothing beside the passes


@dataclass(slots=True)
class AttackCallbacks:
    """Follow an attack on one face.

    Attributes:
        progress: handed an `AttackStep` after each query, and the last one again with p_attacked where a snapshot of it
            was judged; asked after each query whether to stop.
        stop_confidence: in (0, 1]; ends the attack as soon as the target is predicted with this score.
        p_attacked: told a snapshot (H, W, 3) uint8 within budget between two steps; returns the attack detector's score
            of "attacked", None where it is not asked.
        every: snapshots are of every so many-th step from the first on, and of the first adversarial one.
        on_view: shown the first image as it is, at most once in `VIEW_SECONDS`; with its gradient where one is taken.
    """

    progress: Progress = NO_PROGRESS
    stop_confidence: float | None = None
    p_attacked: Callable[[Array], float | None] | None = None
    every: int = 1
    on_view: Callable[[AttackView], None] | None = None
