"""Register attribution methods and run them behind one checked door."""

from .methods import (  # isort: skip  # their order on the screen
    gradient_maps,
    guided_backprop,
    integrated_gradients,
    lrp,
    shap_values,
    smoothgrad,
    grad_cam,
    occlusion,
    lime,
)

from .base import EXPLAINERS, REDUCER, is_signed, quick, run, run_all

__all__ = [
    "EXPLAINERS",
    "REDUCER",
    "grad_cam",
    "gradient_maps",
    "guided_backprop",
    "integrated_gradients",
    "is_signed",
    "lime",
    "lrp",
    "occlusion",
    "quick",
    "run",
    "run_all",
    "shap_values",
    "smoothgrad",
]
