"""Compute again what pages showed of an attack on a face."""

from __future__ import annotations

from .. import pipeline
from ..cases.chain import Json
from ..cases.replay import Repeated
from ..media_attack.robustness import measure_robustness
from ..output.attack_results_record import attack_settings_record, face_robustness_record, trajectory_record
from ..output.attack_sentences import attack_sentence, survival_sentence
from ..output.csv_text import flat_row
from ..output.records import (
    attack_answer_record,
    attack_record,
    attack_verdict_record,
    face_record,
    media_record,
    robustness_record,
)
from ..output.shown_record import csv_file
from ..types import AttackResult
from .repeated_face import RepeatedFace


def repeat_attack(one: RepeatedFace) -> Repeated | None:
    """Attack the face again, and ask again whether that is noticed."""
    results, done = one.kept.results, one.attacked()
    if done is None:
        return None
    crop = pipeline.attacked_crop(done)
    found: Json = {"face": face_record(one.face), "course": trajectory_record(done)}
    found["media"] = media_record(one.media) | {"name": results["media"]["name"]}
    found["attack"] = attack_record(done) | {"stop_at": one.stop_at}
    if results["attack_answer_after"] is not None:
        found["attack_answer_after"] = attack_answer_record(pipeline.answer_attack(one.detector, crop, done.after))
    if results["attack_verdict_after"] is not None:
        asked = pipeline.load_attack_detector()
        verdict, _ = pipeline.was_attacked(one.detector, asked, crop, done.after)
        found["attack_verdict_after"] = attack_verdict_record(verdict)
    return Repeated(_settings(one, done), found, attack_sentence(done), pictures={"face.png": done.png})


def repeat_post_processing(one: RepeatedFace) -> Repeated | None:
    """Judge both faces again after each of the ways that were tried."""
    ways, done = one.kept.results["ways"], one.attacked()
    if done is None:
        return None
    rows = measure_robustness(one.detector, one.face.crop, pipeline.attacked_crop(done))[: len(ways)]
    table = csv_file(flat_row(row) for row in robustness_record(rows))
    settings = _settings(one, done) | {"face": face_record(one.face)}
    results = face_robustness_record(done, one.detector.version, rows)
    return Repeated(settings, results, survival_sentence(rows), files={"robustness.csv": table()})


def _settings(one: RepeatedFace, attack: AttackResult) -> Json:
    """Record the settings of a record of one attack."""
    how = attack_settings_record(attack, stop_at=one.stop_at)
    return {"detector": one.detector.version, "frames": one.frames, **how}
