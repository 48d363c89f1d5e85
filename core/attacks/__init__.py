"""Register adversarial attacks and run them behind one checked door."""

from .methods import (  # isort: skip  # their order on the screen
    gradient_sign,
    apgd,
    deepfool,
    carlini_wagner,
    fab,
    nes,
    square,
    random_noise,
    one_pixel,
    autoattack,
    adaptive,
    eot,
)

from .analysis.epsilon_sweep import sweep
from .base import ATTACKS, EvadedDetector
from .door import perturb, run
from .engine.callbacks import AttackCallbacks

__all__ = [
    "ATTACKS",
    "AttackCallbacks",
    "EvadedDetector",
    "adaptive",
    "apgd",
    "autoattack",
    "carlini_wagner",
    "deepfool",
    "eot",
    "fab",
    "gradient_sign",
    "nes",
    "one_pixel",
    "perturb",
    "random_noise",
    "run",
    "square",
    "sweep",
]
