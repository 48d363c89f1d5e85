"""Adversarial attacks: importing this package registers them all."""

from . import adaptive, apgd, black_box, ensemble, fab, gradient, minimal, pixel, robust  # their order on the screen
from .base import ATTACKS, Helpers, Watcher, perturb, run
from .oracle import AttackWatch
from .sweep import sweep

__all__ = [
    "ATTACKS",
    "AttackWatch",
    "Helpers",
    "Watcher",
    "adaptive",
    "apgd",
    "black_box",
    "ensemble",
    "fab",
    "gradient",
    "minimal",
    "perturb",
    "pixel",
    "robust",
    "run",
    "sweep",
]
