"""Hold what signatures of a face are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from .arrays import Array, check
from .errors import InputError

Part = Literal["relevance", "by_output", "activation", "lrp", "shap", "regions"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SignatureParts:
    """Hold what signatures of one face are made of.

    Parts that were not asked for are None.

    relevance: (D,) LRP relevance of the margin at the last linear layer's input, which is the penultimate activation.
    by_output: (2, D) LRP relevance there of each logit by itself, real first.
    activation: (D,) of the penultimate layer.
    lrp, shap: (H, W) maps of the margin, signed.
    regions: (H, W) uint8, the number of each pixel's region of the face.
    """

    relevance: Array | None = None
    by_output: Array | None = None
    activation: Array | None = None
    lrp: Array | None = None
    shap: Array | None = None
    regions: Array | None = None

    def __post_init__(self) -> None:
        shapes = {"relevance": 1, "by_output": 2, "activation": 1, "lrp": 2, "shap": 2, "regions": 2}
        for name, dimensions in shapes.items():
            value = getattr(self, name)
            if value is not None:
                wanted = np.uint8 if name == "regions" else np.float32
                fine = value.ndim == dimensions and value.dtype == wanted
                check(fine, f"{name} is {dimensions}-dimensional {np.dtype(wanted)}", f"{value.shape} {value.dtype}")

    def needed(self, name: Part) -> Array:
        """Return a part; `InputError` where it was not computed."""
        value: Array | None = getattr(self, name)
        if value is None:
            raise InputError(f"this signature is made of {name}, which was not computed")
        return value
