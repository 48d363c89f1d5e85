"""Place a face, attacked or not, among references of other people."""

from __future__ import annotations

from collections.abc import Iterable

from .. import pipeline
from ..detectors import Detector
from ..signatures import ReferenceSet, place
from ..types import Array, Placement, content_id


def place_face(detector: Detector, references: ReferenceSet, crop: Array, faces: Iterable[Array]) -> Placement:
    """Place a crop's signature among references that are not of its person.

    Args:
        detector: whose verdict the signature is of.
        references: a set of them.
        crop: (H, W, 3) uint8.
        faces: all crops of the same face: as it came, and attacked.
    """
    kind = references.card.signature
    found = pipeline.signatures_of(detector, crop, [kind])[kind]
    return place(references, found, faces=[content_id(face) for face in faces])
