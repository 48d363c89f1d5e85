"""Compute signatures from SHAP values pooled on a grid."""

from __future__ import annotations

from ...types import Array
from ...types.signature_parts import SignatureParts
from ..base import SIGNATURES, SignatureFacts
from ..map_pooling import GRID, grid_places, pool_map


@SIGNATURES.add(
    "shap-grid",
    title="SHAP values on a grid",
    source="Arif, section V (stage 3: XAI signatures of SHAP values); Lundberg and Lee 2017, arXiv:1705.07874; "
    "Erion et al. 2021 (expected gradients), arXiv:1906.10670",
    facts=SignatureFacts(("shap",)),
)
def shap_grid(parts: SignatureParts) -> Array:
    """Sum SHAP values over the cells of a grid of 8 by 8.

    (128,) float32: positive sums row by row, then negative ones, divided by the L1 norm.

    Differs: Arif keeps all 784 pixels of a digit; those of a face are noise one by one.
    """
    values = parts.needed("shap")
    places = grid_places(*values.shape)
    return pool_map(values, places, GRID * GRID)
