"""Register attack detectors, which judge whether a face was attacked."""

from ..registry import import_all
from .answer import AttackSigns, load_signs
from .base import ATTACK_DETECTORS, DEFAULT, AttackDetector, load

__all__ = ["ATTACK_DETECTORS", "DEFAULT", "AttackDetector", "AttackSigns", "load", "load_signs"]

import_all(__name__)
