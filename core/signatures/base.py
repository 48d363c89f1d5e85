"""Hold the registry of XAI signatures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..registry import Registry
from ..types import Array, Settings, Signature
from ..types.signature_parts import Part, SignatureParts


@dataclass(frozen=True, slots=True)
class SignatureFacts:
    """Hold what is known of a kind of signature.

    reads: what it is made of, fields of `SignatureParts`.
    scaled: whether its absolute values sum to 1: the size of the verdict is divided out.
    """

    reads: tuple[Part, ...]
    scaled: bool = True


SIGNATURES: Registry[Callable[[SignatureParts], Array], SignatureFacts] = Registry("signature", SignatureFacts)
KINDS = ("real", "fake", "attacked")
DEFAULT_KIND = "lrp-penultimate"
ATTACKS: tuple[tuple[str, Settings], ...] = (("pgd", {"steps": 20}), ("fgsm", {}))  # on forgeries of a reference set


def signature(parts: SignatureParts, *, of: str, kind: str = DEFAULT_KIND) -> Signature:
    """Compute a face's signature of a registered kind.

    `of`: id of the face or result.
    """
    return Signature(kind, SIGNATURES[kind].function(parts), of)


def reads_regions(kind: str) -> bool:
    """Tell whether a kind of signature needs the regions of a face."""
    return "regions" in SIGNATURES[kind].facts.reads


def by_size(values: Array) -> Array:
    """Divide values by their L1 norm; zeros stay zeros.

    The norm is the size of the verdict; the rest is how it came about.
    """
    return values / max(float(np.abs(values).sum()), 1e-12)
