"""Adversarial attacks: importing this package registers them all."""

from . import gradient
from .base import ATTACKS, AttackWatch, perturb, run

__all__ = ["ATTACKS", "AttackWatch", "gradient", "perturb", "run"]
