"""Let somebody follow an attack while it runs, and end it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...types import Array


@dataclass(slots=True)
class AttackCallbacks:
    """Follow an attack on one face.

    Attributes:
        on_query: told, after each forward pass, the passes so far and p_fake.
        should_stop: asked after each forward pass.
        stop_confidence: in (0, 1]; ends the attack as soon as the target is predicted with this score.
        p_attacked: told a snapshot (H, W, 3) uint8 within budget between two steps; returns the attack detector's score
            of "attacked", None where it is not asked.
        every: snapshots are of every so many-th step from the first on, and of the first adversarial one.
    """

    on_query: Callable[[int, float], None] | None = None
    should_stop: Callable[[], bool] | None = None
    stop_confidence: float | None = None
    p_attacked: Callable[[Array], float | None] | None = None
    every: int = 1
