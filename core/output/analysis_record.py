"""Record what the whole pipeline found in one file."""

from __future__ import annotations

from ..types.analysed_file import AnalysedAttack, AnalysedFace, AnalysedFile, NoticedAttack
from ..types.attack_answer import AttackAnswer
from ..types.placements import Placement
from .file_results import judged_face_record
from .provenance_words import provenance_record
from .records import (
    Record,
    attack_answer_record,
    attack_record,
    attack_verdict_record,
    file_record,
    map_record,
    media_record,
    signature_record,
    synthetic_record,
    video_record,
)


def analysis_record(found: AnalysedFile) -> Record:
    """Make the record that `python -m core analyse` prints."""
    return {
        "media": media_record(found.media),
        "faces": [_face(one) for one in found.faces],
        "verdict": file_record(found.verdict),
        "video": video_record(found.verdict) if found.media.kind == "video" else None,
        "provenance": provenance_record(found.provenance, found.location),
    }


def _face(one: AnalysedFace) -> Record:
    record: Record = judged_face_record(one.judged)
    record |= {"attack": None, "attack_verdict": None, "attack_answer": None}
    record |= {"maps": {}, "signature": None, "synthetic": None}
    if (found := one.findings) is None:
        return record
    last = found.attack.noticed if found.attack else found.noticed
    return record | {
        "attack": found.attack and _attack(found.noticed, found.attack),
        "attack_verdict": attack_verdict_record(last.verdict),
        "attack_answer": _answer(last.answer),
        "maps": {each.method: map_record(each) for each in found.maps},
        "signature": _signature(found.signature),
        "synthetic": synthetic_record(found.synthetic),
        "attack_verdict_why": last.why,
    }


def _attack(before: NoticedAttack, found: AnalysedAttack) -> Record:
    return attack_record(found.result) | {
        "attack_verdict_before": attack_verdict_record(before.verdict),
        "attack_verdict_after": attack_verdict_record(found.noticed.verdict),
        "attack_answer_before": _answer(before.answer),
        "signature": _signature(found.signature),
        "attack_answer_after": _answer(found.noticed.answer),
    }


def _answer(answer: AttackAnswer | None) -> Record | None:
    return None if answer is None else attack_answer_record(answer)


def _signature(placement: Placement | None) -> Record | None:
    return None if placement is None else signature_record(placement)
