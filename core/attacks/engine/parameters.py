"""Declare settings that several attacks share."""

from __future__ import annotations

from ...registry import Param
from ...types import Settings


def steps_param(default: int, help: str) -> Param:
    """Declare the setting "steps"."""
    return Param("steps", default, low=1, high=1000, step=1, help=help)


def alpha_param(default: float) -> Param:
    """Declare the setting "alpha", `default` in 1/255."""
    return Param(
        "alpha",
        default / 255,
        low=0.1 / 255,
        high=64 / 255,
        unit="/255",
        scale=255,
        step=0.5,
        help="The size of a step, in 1/255.",
    )


def each_step(settings: Settings) -> tuple[int, int]:
    """Count one pass forward and one back a step."""
    return settings["steps"], settings["steps"]
