"""Record what the story has shown so far."""

from __future__ import annotations

from core import pipeline
from core.engine.model_weights import weights_of_models
from core.output.attack_sentences import attack_sentence
from core.output.records import Record
from core.output.shown_record import ShownRecord
from core.output.story_results import story_results
from pages.parts.story.story_state import StoryState


def story_record(state: StoryState) -> ShownRecord | None:
    """Record both faces, and the map, the attack and the answer so far. None before it has begun."""
    if state.faces is None:
        return None
    words = "The story of a forged face"
    if state.attack:
        words = f"{words}: {attack_sentence(state.attack)}"
    results = story_results(state.faces, why=state.why, attack=state.attack, ways=state.robustness, answer=state.answer)
    settings: Record = {"detector": state.detector, "own_pictures": [name for name, _ in state.files]}
    files = {"attacked.png": state.attack.png} if state.attack else {}
    asked = [pipeline.load_attack_signs()] if state.answer else []
    return ShownRecord("story", words, settings, results, files, dict(state.weights) | weights_of_models(*asked))
