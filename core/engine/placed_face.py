"""Place a face, attacked or not, among references of other people."""

from __future__ import annotations

from .. import pipeline
from ..detectors import Detector
from ..signatures import ReferenceSet, place
from ..types import Array, Placement, content_id


def place_face(detector: Detector, references: ReferenceSet, crop: Array, face: Array) -> Placement:
    """Place a crop's signature among references that are not of its person.

    Args:
        detector: whose verdict the signature is of.
        references: a set of them.
        crop: (H, W, 3) uint8.
        face: the crop that an attack made it of; the crop itself where nobody attacked it.
    """
    kind = references.card.signature
    found = pipeline.signatures_of(detector, crop, [kind])[kind]
    return place(references, found, face=content_id(face))
