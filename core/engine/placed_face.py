"""Place a face, attacked or not, among references of other people."""

from __future__ import annotations

from collections.abc import Iterable

from .. import pipeline
from ..detectors import Detector
from ..media.frame_choice import evenly_spaced
from ..signatures import ReferenceSet, place
from ..types import Array, Face, Media, Placement, content_id
from ..types.own_set_values import FileFace


def file_face(media: Media, face: Face, frames: int) -> FileFace:
    """Name a face by its file and its track there.

    `frames`: of a video, in how many its faces were looked for.
    """
    searched = 0 if media.kind == "image" else len(evenly_spaced(media.frames, frames))
    return FileFace(media.id, face.track, searched)


def place_face(
    detector: Detector, references: ReferenceSet, crop: Array, faces: Iterable[Array], face: FileFace
) -> Placement:
    """Place a crop's signature among references that are not of its person.

    Args:
        detector: whose verdict the signature is of.
        references: a set of them.
        crop: (H, W, 3) uint8.
        faces: all crops of the same face: as it came, and attacked.
        face: which face of which file it is.
    """
    kind = references.card.signature
    found = pipeline.signatures_of(detector, crop, [kind])[kind]
    return place(references, found, faces=[content_id(one) for one in faces], face=face)
