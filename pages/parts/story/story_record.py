"""Record what the story has shown so far."""

from __future__ import annotations

from core.output.attack_sentences import attack_sentence
from core.output.records import (
    Record,
    attack_answer_record,
    attack_record,
    face_record,
    map_record,
    robustness_record,
    verdict_record,
)
from core.output.shown_record import ShownRecord
from core.types import JudgedFace
from pages.parts.story.story_state import StoryState


def story_record(state: StoryState) -> ShownRecord | None:
    """Record both faces, and the map, the attack and the answer so far. None before it has begun."""
    if state.faces is None:
        return None
    words = "The story of a forged face"
    results: Record = {"real": _face(state.faces.real), "forged": _face(state.faces.forged)}
    settings: Record = {"detector": state.detector, "own_pictures": [name for name, _ in state.files]}
    if state.why:
        where = {"region": state.why.region, "share": state.why.share}
        results["map"] = {"method": state.why.attribution.method, **map_record(state.why.attribution), **where}
    if state.attack:
        words = f"{words}: {attack_sentence(state.attack)}"
        results["attack"] = attack_record(state.attack)
    if state.survival is not None:
        results["ways"] = robustness_record(state.survival)
    if state.answer:
        results["attack_answer"] = attack_answer_record(state.answer)
    files = {"attacked.png": state.attack.png} if state.attack else {}
    return ShownRecord("story", words, settings, results, files)


def _face(judged: JudgedFace) -> Record:
    return {"face": face_record(judged.face), "verdict": verdict_record(judged.verdict)}
