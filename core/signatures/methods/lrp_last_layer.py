"""Compute signatures from LRP relevance at the last layer."""

from __future__ import annotations

from ...types import Array
from ...types.signature_parts import SignatureParts
from ..base import SIGNATURES, SignatureFacts, by_size


@SIGNATURES.add(
    "lrp-last-layer",
    title="LRP relevance at the last layer",
    source="Klawikowska et al. 2020, section 3.2 (LRP on the last layer instead of the penultimate)",
    facts=SignatureFacts(("by_output",)),
)
def lrp_last_layer(parts: SignatureParts) -> Array:
    """Join the relevance that each output of the last layer hands back.

    (2 D,) float32, the output "real" first, divided by the L1 norm. The signature at the penultimate layer has only
    the difference of the two: what speaks for both outputs is lost there.

    Differs: the paper says no more than the words above, and its network has one output. This is a reading of them for
    two; a detector with one output has zeros for "real".
    """
    return by_size(parts.needed("by_output").ravel())
