"""Register adversarial attacks and run them behind one checked door."""

from ..registry import import_all
from .analysis.epsilon_sweep import sweep
from .base import ATTACKS, EvadedDetector
from .door import perturb, perturb_classes, run
from .engine.callbacks import AttackCallbacks

__all__ = [
    "ATTACKS",
    "AttackCallbacks",
    "EvadedDetector",
    "perturb",
    "perturb_classes",
    "run",
    "sweep",
]

# In the order of the screen; a file more in the folder comes after them.
FIRST = ("gradient_sign", "apgd", "deepfool", "carlini_wagner", "fab", "nes", "square", "random_noise", "one_pixel")
import_all(f"{__name__}.methods", (*FIRST, "autoattack", "adaptive", "eot"))
