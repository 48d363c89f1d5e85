"""Compute again the attacks and the maps that pages showed."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .. import pipeline
from ..attacks import AttackCallbacks
from ..cases.case_values import Exhibit
from ..cases.chain import Json
from ..cases.comparison import ARRAYS
from ..cases.replay import PageRecord, Repeated
from ..detectors import Detector
from ..faces.tracking import iou
from ..output.attack_results_record import attack_settings_record, trajectory_record
from ..output.attack_sentences import attack_sentence
from ..output.map_records import made_with_record
from ..output.records import attack_answer_record, attack_record, attack_verdict_record, face_record, media_record
from ..types import Array, AttackResult, Face, InputError, Media
from ..types.compared_maps import MeasuredMap

MAX_FRAMES = 500  # of a video, as pages ask for
SAME_FACE = 0.9  # intersection over union of two boxes of one face


@dataclass(slots=True)
class RecordRepeater:
    """Compute again records of a bundle.

    The faces of each file are searched for once.
    """

    _found: dict[tuple[Path, int], tuple[Media, list[Face]]] = field(default_factory=dict)

    def __call__(self, file: Path, exhibit: Exhibit, kept: PageRecord) -> Repeated | None:
        """Compute again an attack on a face, or maps of it.

        Args:
            file: with the exhibit's content.
            exhibit: whose name errors show.
            kept: the record.

        Returns what can be compared; None for other kinds, for what somebody stopped, and for records that do not say
        how many frames were searched.

        Raises:
            InputError: the face is not found again, or the detector is missing.
            TypeError, ValueError, LookupError, AttributeError, OverflowError: the record is damaged.
        """
        make = {"attack": _attack, "maps": _maps}.get(kept.kind)
        if make is None or "frames" not in kept.settings or _was_stopped(kept):
            return None
        frames, version = int(kept.settings["frames"]), str(kept.settings["detector"])
        if not 1 <= frames <= MAX_FRAMES:
            raise InputError(f"from 1 to {MAX_FRAMES} frames can be searched; its record says {frames}")
        detector = pipeline.load_detector(version.split(":")[0])
        if detector.version != version:
            raise InputError(f"it was made with {version}; here is {detector.version}")
        media, face = self._face(file, exhibit, frames, kept.results["face"])
        return make(detector, media, face, kept)

    def _face(self, file: Path, exhibit: Exhibit, frames: int, wanted: Json) -> tuple[Media, Face]:
        """Find the face by its pixels, else by frame, track and place.

        Another machine may round otherwise.
        """
        if (file, frames) not in self._found:
            media = pipeline.open_media(file, exhibit.name, frames=frames)
            self._found[file, frames] = media, list(pipeline.detect_faces(media, frames=frames))
        media, faces = self._found[file, frames]
        near = (f for f in faces if (f.frame, f.track) == (wanted.get("frame"), wanted.get("track")))
        for face in (*(f for f in faces if f.id == wanted["id"]), *near):
            if face.id == wanted["id"] or float(iou([face.box], [tuple(wanted["box"])])[0, 0]) >= SAME_FACE:
                return media, face
        raise InputError(f"the face {str(wanted['id'])[:12]} is not found in {frames} frames of it")


def _was_stopped(kept: PageRecord) -> bool:
    return kept.kind == "attack" and bool(kept.results["attack"]["stopped"])


def _attacked(detector: Detector, face: Face, how: Json) -> AttackResult:
    callbacks = AttackCallbacks(stop_confidence=how["stop_at"])
    return pipeline.attack(
        detector, face.crop, str(how["attack"]), how["settings"], seed=int(how["seed"]), callbacks=callbacks
    )


def _attack(detector: Detector, media: Media, face: Face, kept: PageRecord) -> Repeated:
    how, results = kept.settings, kept.results
    done = _attacked(detector, face, how)
    crop = pipeline.attacked_crop(done)
    found: Json = {"face": face_record(face), "course": trajectory_record(done)}
    found["media"] = media_record(media) | {"name": results["media"]["name"]}
    found["attack"] = attack_record(done) | {"stop_at": how["stop_at"]}
    if results["attack_answer_after"] is not None:
        found["attack_answer_after"] = attack_answer_record(pipeline.answer_attack(detector, crop, done.after))
    if results["attack_verdict_after"] is not None:
        asked = pipeline.load_attack_detector()
        verdict, _ = pipeline.was_attacked(detector, asked, crop, done.after)
        found["attack_verdict_after"] = attack_verdict_record(verdict)
    settings = {"detector": detector.version, "frames": how["frames"]}
    settings |= attack_settings_record(done, stop_at=how["stop_at"])
    return Repeated(settings, found, attack_sentence(done), pictures={"face.png": done.png})


def _maps(detector: Detector, media: Media, face: Face, kept: PageRecord) -> Repeated | None:
    """Compute each map by itself, as its record says that it was made."""
    how, made = kept.settings["attack"], kept.results["maps"]
    if how is None and any("attacked" in sides for sides in made.values()):
        return None  # of an attack that somebody stopped
    crops, settings = {"clean": face.crop}, {"detector": detector.version, "frames": kept.settings["frames"]}
    if how is not None:
        attack = _attacked(detector, face, how)
        crops["attacked"] = pipeline.attacked_crop(attack)
        how = attack_settings_record(attack, stop_at=how["stop_at"])
    arrays: dict[str, Array] = {}
    measured: list[MeasuredMap] = []
    for method, sides in made.items():
        for side, one in sides.items():
            asked, target, seed = one["settings"], one["target"], int(one["seed"])
            found = pipeline.explain_crop(detector, crops[side], method, asked, target=target, seed=seed)
            arrays[f"{method}.{side}"] = found.map
            measured.append(MeasuredMap(side, found, seed, ()))
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    results = {"face": face_record(face), "detector": detector.version}
    settings |= {"attack": how, "maps": made_with_record(measured)}
    return Repeated(settings, results, arrays={ARRAYS: buffer.getvalue()}, left=("words",))
