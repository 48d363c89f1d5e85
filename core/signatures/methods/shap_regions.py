"""Compute signatures from SHAP values pooled over the regions of a face."""

from __future__ import annotations

from ...faces.regions import REGIONS
from ...types import Array
from ...types.signature_parts import SignatureParts
from ..base import SIGNATURES, SignatureFacts
from ..map_pooling import pool_map


@SIGNATURES.add(
    "shap-regions",
    title="SHAP values by region of the face",
    source="Arif, section V (stage 3: XAI signatures of SHAP values); Lundberg and Lee 2017, arXiv:1705.07874; "
    "Erion et al. 2021 (expected gradients), arXiv:1906.10670",
    facts=SignatureFacts(("shap", "regions")),
)
def shap_regions(parts: SignatureParts) -> Array:
    """Sum SHAP values over eyes, nose, mouth, skin, outline and background.

    (12,) float32: positive sums in this order, then negative ones, divided by the L1 norm.
    """
    return pool_map(parts.needed("shap"), parts.needed("regions"), len(REGIONS))
