"""Compute signatures from LRP relevance at the penultimate layer."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from ..types import Array
from .base import SIGNATURES


@SIGNATURES.add(
    "lrp-penultimate",
    title="LRP relevance at the penultimate layer",
    source="Klawikowska et al. 2020, section 3 (LRP and UMAP); at a layer as Lapuschkin et al. 2019, arXiv:1902.10178",
)
def lrp_penultimate(relevance: Tensor) -> Array:
    """Divide relevance (1, D) at the last linear layer's input by its L1 norm.

    The norm is the size of the verdict; the rest, a signature (D,) float32, is how it came about.
    """
    values: Array = relevance.detach()[0].cpu().numpy().astype(np.float32)
    return values / max(float(np.abs(values).sum()), 1e-12)
