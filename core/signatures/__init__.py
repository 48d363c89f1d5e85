"""Register signatures and place them in an embedding of reference signatures."""

from ..registry import import_all
from .base import ATTACKS, DEFAULT_KIND, KINDS, SIGNATURES, reads_regions, signature
from .neighbour_evidence import place
from .reference import DEFAULT_SET, ReferenceSet, load_reference_set
from .reference_distance import typical_distance

__all__ = [
    "ATTACKS",
    "DEFAULT_KIND",
    "DEFAULT_SET",
    "KINDS",
    "SIGNATURES",
    "ReferenceSet",
    "load_reference_set",
    "place",
    "reads_regions",
    "signature",
    "typical_distance",
]

# In the order of the screen; a file more in the folder comes after them.
import_all(f"{__name__}.methods", ("lrp_penultimate", "lrp_last_layer", "lrp_regions", "shap_grid", "shap_regions"))
