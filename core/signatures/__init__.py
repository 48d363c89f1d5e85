"""Register signatures and place them among reference signatures."""

from .base import KINDS, SIGNATURES, signature
from .lrp_penultimate import lrp_penultimate
from .reference import BANK, Bank, load_bank, typical_distance

__all__ = ["BANK", "KINDS", "SIGNATURES", "Bank", "load_bank", "lrp_penultimate", "signature", "typical_distance"]
