"""The registry of XAI signatures."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from ..registry import Registry
from ..types import Array, Signature

SIGNATURES: Registry[Callable[[Tensor], Array]] = Registry("signature")
KINDS = ("real", "fake", "attacked")


def signature(relevance: Tensor, *, of: str, kind: str = "lrp-penultimate") -> Signature:
    """The signature of the face or result with the id `of`, from its relevance (1, D) at the penultimate layer."""
    return Signature(kind, SIGNATURES[kind].function(relevance), of)
