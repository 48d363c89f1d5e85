"""Compute signatures from LRP relevance at the penultimate layer."""

from __future__ import annotations

from ...types import Array
from ...types.signature_parts import SignatureParts
from ..base import DEFAULT_KIND, SIGNATURES, SignatureFacts, by_size


@SIGNATURES.add(
    DEFAULT_KIND,
    title="LRP relevance at the penultimate layer",
    source="Klawikowska et al. 2020, section 3 (LRP and UMAP); at a layer as Lapuschkin et al. 2019, arXiv:1902.10178",
    facts=SignatureFacts(("relevance",)),
)
def lrp_penultimate(parts: SignatureParts) -> Array:
    """Divide the margin's relevance at the last linear layer's input by its norm.

    The norm is the size of the verdict; the rest, a signature (D,) float32, is how it came about.
    """
    return by_size(parts.needed("relevance"))
