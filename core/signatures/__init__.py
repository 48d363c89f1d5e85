"""Register signatures and place them in an embedding of reference signatures."""

from .base import KINDS, SIGNATURES, signature
from .lrp_penultimate import lrp_penultimate
from .reference import DEFAULT_SET, ReferenceSet, load_reference_set, typical_distance

__all__ = [
    "DEFAULT_SET",
    "KINDS",
    "SIGNATURES",
    "ReferenceSet",
    "load_reference_set",
    "lrp_penultimate",
    "signature",
    "typical_distance",
]
