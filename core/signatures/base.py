"""Hold the registry of XAI signatures."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from ..registry import NoFacts, Registry
from ..types import Array, Signature

SIGNATURES: Registry[Callable[[Tensor], Array], NoFacts] = Registry("signature", NoFacts)
KINDS = ("real", "fake", "attacked")


def signature(relevance: Tensor, *, of: str, kind: str = "lrp-penultimate") -> Signature:
    """Compute a face's signature from its relevance (1, D) at the penultimate layer.

    `of`: id of the face or result.
    """
    return Signature(kind, SIGNATURES[kind].function(relevance), of)
