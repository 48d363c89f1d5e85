"""Compute again the attacks and the maps that pages showed."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from .. import pipeline
from ..attacks import AttackCallbacks
from ..cases.case_values import Exhibit
from ..cases.chain import Json
from ..cases.comparison import ARRAYS
from ..cases.replay import PageRecord, Repeated
from ..detectors import Detector
from ..output.attack_results_record import trajectory_record
from ..output.records import attack_answer_record, attack_record, face_record
from ..types import Array, AttackResult, Face, InputError

MAX_FRAMES = 10_000  # of a video, as a record may say


def repeat_record(file: Path, exhibit: Exhibit, kept: PageRecord) -> Repeated | None:
    """Compute again an attack on a face, or maps of it.

    Args:
        file: with the exhibit's content.
        exhibit: whose name errors show.
        kept: the record.

    Returns what can be compared; None for other kinds, for what somebody stopped, and for records that do not say how
    many frames were searched.

    Raises:
        InputError: the face is not found again, or the detector is missing.
    """
    make = {"attack": _attack, "maps": _maps}.get(kept.kind)
    try:
        frames, version = int(kept.settings["frames"]), str(kept.settings["detector"])
        wanted = str(kept.results["face"]["id"])
    except (KeyError, TypeError, ValueError):
        return None
    if make is None or not 1 <= frames <= MAX_FRAMES or _was_stopped(kept.results):
        return None
    detector = pipeline.load_detector(version.split(":")[0])
    if detector.version != version:
        raise InputError(f"it was made with {version}; here is {detector.version}")
    return make(detector, _face(file, exhibit, frames, wanted), kept.settings, kept.results)


def _was_stopped(results: Json) -> bool:
    return bool(results.get("attack", {}).get("stopped"))


def _face(file: Path, exhibit: Exhibit, frames: int, wanted: str) -> Face:
    media = pipeline.open_media(file, exhibit.name, frames=frames)
    for face in pipeline.detect_faces(media, frames=frames):
        if face.id == wanted:
            return face
    raise InputError(f"the face {wanted[:12]} is not found in {frames} frames of it")


def _attacked(detector: Detector, face: Face, how: Json) -> AttackResult:
    callbacks = AttackCallbacks(stop_confidence=how["stop_at"])
    return pipeline.attack(
        detector, face.crop, str(how["attack"]), how["settings"], seed=int(how["seed"]), callbacks=callbacks
    )


def _attack(detector: Detector, face: Face, settings: Json, results: Json) -> Repeated | None:
    done = _attacked(detector, face, settings)
    found: Json = {"face": face_record(face), "course": trajectory_record(done)}
    found["attack"] = attack_record(done) | {"stop_at": settings["stop_at"]}
    if results["attack_answer_after"]:
        answer = pipeline.answer_attack(detector, pipeline.attacked_crop(done), done.after)
        found["attack_answer_after"] = attack_answer_record(answer)
    return Repeated(found, {"face.png": done.png})


def _maps(detector: Detector, face: Face, settings: Json, results: Json) -> Repeated | None:
    """Compute each map by itself, as its record says that it was made."""
    how, crops = settings.get("attack"), {"clean": face.crop}
    if how:
        crops["attacked"] = pipeline.attacked_crop(_attacked(detector, face, how))
    arrays: dict[str, Array] = {}
    for method, sides in results["maps"].items():
        for side, made in sides.items():
            if side not in crops:
                return None  # of an attack that somebody stopped
            one = pipeline.explain_crop(
                detector, crops[side], method, made["settings"], target=made["target"], seed=int(made["seed"])
            )
            arrays[f"{method}.{side}"] = one.map
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return Repeated({"face": face_record(face), "detector": detector.version}, {ARRAYS: buffer.getvalue()})
