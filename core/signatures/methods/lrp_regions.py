"""Compute signatures from LRP maps pooled over the regions of a face."""

from __future__ import annotations

from ...faces.regions import REGIONS
from ...types import Array
from ...types.signature_parts import SignatureParts
from ..base import SIGNATURES, SignatureFacts
from ..map_pooling import pool_map


@SIGNATURES.add(
    "lrp-regions",
    title="LRP relevance by region of the face",
    source="Bach et al. 2015, 10.1371/journal.pone.0130140 (relevance of a part is the sum over its pixels); "
    "Klawikowska et al. 2020, section 3",
    facts=SignatureFacts(("lrp", "regions")),
)
def lrp_regions(parts: SignatureParts) -> Array:
    """Sum the LRP map over eyes, nose, mouth, skin, outline and background.

    (12,) float32: positive sums in this order, then negative ones, divided by the L1 norm.
    """
    return pool_map(parts.needed("lrp"), parts.needed("regions"), len(REGIONS))
