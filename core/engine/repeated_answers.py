"""Compute again what pages said of a face and of its attacked twin."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .. import pipeline
from ..cases.chain import Json
from ..cases.replay import Repeated
from ..output.attack_answer_sentences import queue_reason
from ..output.attack_results_record import asked_attacks_record, face_settings_record
from ..output.records import face_record, signatures_record
from ..output.signature_sentences import neighbours_sentence
from ..signatures import ReferenceSet
from ..signatures.own_faces import set_names
from ..signatures.reference import reference_card
from ..types import Array, InputError, Verdict
from ..types.attack_answer import AskedOfFace
from .answered_signature import answer_signature
from .placed_face import file_face, place_face
from .repeated_face import RepeatedFace

ROUNDED = 1e-3  # of logits: faces judged together round otherwise than one by itself


def repeat_answers(one: RepeatedFace) -> Repeated | None:
    """Ask again all that was asked; None where somebody stopped the attack."""
    kept, attack, crops = one.kept, one.attacked(), one.crops()
    if not kept.results or (attack is None and "attacked" in kept.results):
        return None
    clean = _verdict(one, kept.settings["logits"])
    verdicts = {"clean": clean} | ({"attacked": attack.after} if attack else {})
    asked = {side: _asked(one, crops[side], verdicts[side], said) for side, said in kept.results.items()}
    settings = face_settings_record(one.detector.version, one.frames, attack, stop_at=one.stop_at)
    settings |= {"face": face_record(one.face), "logits": clean.logits.tolist(), "attacked": attack and attack.id}
    return Repeated(settings, asked_attacks_record(asked), left=("words",))


def _verdict(one: RepeatedFace, logits: list[float]) -> Verdict:
    """Judge the face as it came; logits that differ by rounding stand."""
    now = one.detector.verdict(one.face.crop)
    same = len(logits) == len(now.logits) and np.allclose(logits, now.logits, rtol=ROUNDED, atol=ROUNDED)
    return one.detector.verdict_of(np.asarray(logits, np.float32)) if same else now


def _asked(one: RepeatedFace, crop: Array, verdict: Verdict, said: Json) -> AskedOfFace:
    """Ask of a face what its record says was asked."""
    found, detector = _without_signature(one, crop, verdict, said), one.detector
    if "signature" not in said:
        return found
    return replace(found, signature=answer_signature(detector, pipeline.load_reference_set(), crop))


def _without_signature(one: RepeatedFace, crop: Array, verdict: Verdict, said: Json) -> AskedOfFace:
    asked, detector = pipeline.load_attack_detector(), one.detector
    read = pipeline.attack_detector_map(detector, asked, crop) if said["map"] is not None else None
    if said["answer"] is None:
        return AskedOfFace(None, None, None, read)
    answer, queued = pipeline.answer_attack(detector, crop, verdict), queue_reason(asked.name)
    if said["verdict"] is None and said["why"] == queued and not pipeline.not_asked_reason(detector, asked, verdict):
        return AskedOfFace(answer, None, queued, read)
    return AskedOfFace(answer, *pipeline.was_attacked(detector, asked, crop, verdict), read)


def repeat_signatures(one: RepeatedFace) -> Repeated | None:
    """Place the faces again; None after a stopped attack, and of older records."""
    kept, attack, crops = one.kept, one.attacked(), one.crops()
    older = any("evidence" not in said for said in kept.results.values())  # of 8 neighbours, with another sentence
    if older or (attack is None and "attacked" in kept.results):
        return None
    name = kept.settings.get("set")
    references = pipeline.load_reference_set() if name is None else _own_set(str(name), kept.settings["references"])
    face = file_face(one.media, one.face, one.frames)
    found = {side: place_face(one.detector, references, crops[side], crops.values(), face) for side in kept.results}
    settings = face_settings_record(one.detector.version, one.frames, attack, stop_at=one.stop_at)
    settings |= {"face": face_record(one.face), "references": str(references.card.sha256)}
    settings |= {} if name is None else {"set": name}
    said = [neighbours_sentence(place, side) for side, place in found.items()]  # the page says one of them
    words = kept.words if kept.words in said else said[-1]
    return Repeated(settings, signatures_record(found), words)


def _own_set(name: str, sha256: object) -> ReferenceSet:
    """Load a set of a user's own, unless it is gone or has changed."""
    card = reference_card(name) if name in set_names() else None
    if card is None or card.sha256 != sha256:
        gone = "is not on this machine" if card is None else "has changed since"
        raise InputError(f"the reference set {name} that the face was compared with {gone}")
    return pipeline.load_reference_set(name)
