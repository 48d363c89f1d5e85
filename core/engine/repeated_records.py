"""Compute again what pages showed of a file, from its record's settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .. import pipeline
from ..cases.case_values import Exhibit
from ..cases.chain import Json
from ..cases.replay import PageRecord, Repeated
from ..detectors import Detector
from ..faces.tracking import iou
from ..types import Face, InputError, Media
from .repeated_answers import repeat_answers, repeat_signatures
from .repeated_attacks import repeat_attack, repeat_post_processing
from .repeated_critical import repeat_critical
from .repeated_face import RepeatedFace
from .repeated_files import RepeatedFaces, repeat_detectors, repeat_gradient_check, repeat_sweep
from .repeated_maps import repeat_maps, repeat_regions, repeat_similarity
from .results import ResultStore

MAX_FRAMES = 500  # of a video, as pages ask for
SAME_FACE = 0.9  # intersection over union of two boxes of one face
OF_A_FACE: Mapping[str, Callable[[RepeatedFace], Repeated | None]] = {
    "attack": repeat_attack,
    "critical-pixels": repeat_critical,
    "map-similarity": repeat_similarity,
    "maps": repeat_maps,
    "attack-answer": repeat_answers,
    "post-processing": repeat_post_processing,
    "regions": repeat_regions,
    "signatures": repeat_signatures,
}
OF_FACES: Mapping[str, Callable[[RepeatedFaces, PageRecord], Repeated | None]] = {
    "detectors": repeat_detectors,
    "gradient-check": repeat_gradient_check,
    "sweep": repeat_sweep,
}


@dataclass(slots=True)
class RecordRepeater:
    """Compute again records of a bundle.

    The faces of each file are searched for once; the same attack is run once, and the same map made once.
    """

    _found: dict[tuple[Path, int], tuple[Media, list[Face]]] = field(default_factory=dict)
    _made: ResultStore = field(default_factory=ResultStore)

    def __call__(self, file: Path, exhibit: Exhibit, kept: PageRecord) -> Repeated | None:
        """Compute again a record of one of the kinds of `OF_A_FACE` or `OF_FACES`.

        Args:
            file: with the exhibit's content.
            exhibit: whose name errors show.
            kept: the record.

        Returns what can be compared; None for other kinds, for what somebody stopped, and for older records, which do
        not say all that their result depends on.

        Raises:
            InputError: the face is not found again, or the detector is missing.
            TypeError, ValueError, LookupError, AttributeError, OverflowError: the record is damaged.
        """
        known = kept.kind in OF_A_FACE or kept.kind in OF_FACES
        if not known or "frames" not in kept.settings or _was_stopped(kept):
            return None
        frames = int(kept.settings["frames"])
        if not 1 <= frames <= MAX_FRAMES:
            raise InputError(f"from 1 to {MAX_FRAMES} frames can be searched; its record says {frames}")
        many = kept.kind == "detectors"
        detectors = [_loaded(str(one)) for one in (kept.settings["detectors"] if many else [kept.settings["detector"]])]
        media, faces = self._searched(file, exhibit, frames)
        if kept.kind in OF_FACES:
            asked = [one["face"] for one in kept.results["faces"]] if many else kept.settings["faces"]
            found = [_same_face(faces, one, frames) for one in asked]
            return OF_FACES[kept.kind](RepeatedFaces(detectors, media, found, frames), kept)
        wanted = kept.settings["face"] if "face" in kept.settings else kept.results["face"]
        face = _same_face(faces, wanted, frames)
        return OF_A_FACE[kept.kind](RepeatedFace(kept, detectors[0], media, face, frames, self._made))

    def _searched(self, file: Path, exhibit: Exhibit, frames: int) -> tuple[Media, list[Face]]:
        if (file, frames) not in self._found:
            media = pipeline.open_searched(file, exhibit.name, frames=frames)
            self._found[file, frames] = media, list(pipeline.detect_faces(media, frames=frames))
        return self._found[file, frames]


def _loaded(version: str) -> Detector:
    detector = pipeline.load_detector(version.split(":")[0])
    if detector.version != version:
        raise InputError(f"it was made with {version}; here is {detector.version}")
    return detector


def _same_face(faces: Sequence[Face], wanted: Json, frames: int) -> Face:
    """Find a face by its pixels, else by frame, track and place.

    Another machine may round otherwise.
    """
    near = (f for f in faces if (f.frame, f.track) == (wanted.get("frame"), wanted.get("track")))
    for face in (*(f for f in faces if f.id == wanted["id"]), *near):
        if face.id == wanted["id"] or float(iou([face.box], [tuple(wanted["box"])])[0, 0]) >= SAME_FACE:
            return face
    raise InputError(f"the face {str(wanted['id'])[:12]} is not found in {frames} frames of it")


def _was_stopped(kept: PageRecord) -> bool:
    return "attack" in kept.results and bool(kept.results["attack"]["stopped"])
