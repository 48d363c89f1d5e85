"""Register attribution methods and run them behind one checked door."""

from ..registry import import_all
from .base import EXPLAINERS, REDUCER, is_signed, quick, run, run_all

__all__ = [
    "EXPLAINERS",
    "REDUCER",
    "is_signed",
    "quick",
    "run",
    "run_all",
]

# In the order of the screen; a file more in the folder comes after them.
FIRST = ("gradient_maps", "guided_backprop", "integrated_gradients", "lrp", "shap_values", "smoothgrad", "grad_cam")
import_all(f"{__name__}.methods", (*FIRST, "occlusion", "lime"))
