"""Compute signatures from activations of the penultimate layer."""

from __future__ import annotations

from ...types import Array
from ...types.signature_parts import SignatureParts
from ..base import SIGNATURES, SignatureFacts


@SIGNATURES.add(
    "activations",
    title="Activations of the penultimate layer",
    source="Arif, case 3 (activations of the penultimate layer, clean and attacked)",
    facts=SignatureFacts(("activation",), scaled=False),
)
def activations(parts: SignatureParts) -> Array:
    """Return the activations (D,) float32 as they are: their size tells, too."""
    return parts.needed("activation")
