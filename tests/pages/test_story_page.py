"""The story: eight steps forwards and back, each with a sentence from what was measured; own pictures; refusals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from page_runs import page, texts
from shown_cases import kinds_in_case
from streamlit.testing.v1 import AppTest

from core.detectors import Detector
from core.media.post_processing import OPERATIONS
from core.media_attack import robustness
from core.output.attack_sentences import turned_words
from core.types.attack_answer import NO_SIGN
from pages.parts.session.session import Session
from pages.parts.story.story_state import StoryState


def press(test: AppTest, session: Session, label: str) -> str:
    """Press a button; what stands there once its work has ended."""
    next(button for button in test.button if button.label == label).click()
    test.run()
    assert not test.exception
    if session.job and session.job.thread:
        session.job.thread.join(120)
        test.run()
    return texts(test).replace("\\", "")


@pytest.mark.slow
def test_the_story_from_its_beginning_to_its_end(
    shipped: Detector, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("core.media_attack.smallest_epsilon.STEPS", 6)
    session = Session()
    test = page("story", session)
    test.run()
    assert "A forged face in eight steps" in texts(test)
    assert "A real face." in press(test, session, "Begin")
    assert "The same face, forged" in press(test, session, "Forge it")
    state = session.page_state(StoryState)
    assert state.faces
    assert state.faces.forged.verdict
    words = press(test, session, "Ask the detector")
    assert f"The detector calls the forgery {state.faces.forged.verdict.band.lower()}" in words
    assert [words for one in test.image for words in one.captions] == ["Photograph", "Forgery"]
    words = press(test, session, "Why?")
    assert state.why
    assert f"{state.why.share:.0%} of what speaks for “manipulated” lies" in words
    words = press(test, session, "Attack it")
    assert state.attack
    assert f"{turned_words(state.attack)}: " in words
    assert f"by more than {round(state.attack.linf * 255)} of 255" in words
    monkeypatch.setattr(robustness, "OPERATIONS", ())
    assert "Stopped before the first way was tried" in press(test, session, "Share it")
    monkeypatch.setattr(robustness, "OPERATIONS", OPERATIONS[:3])
    assert "of 2 ways" in press(test, session, "Share it")
    assert "The verdict" in press(test, session, "Back")
    press(test, session, "Share it")
    words = press(test, session, "Is it noticed?")
    assert state.answer
    assert ("It is noticed" in words) == (state.answer.label == "Signs of an attack")
    shown, answer = state.attack, state.answer
    state.answer = replace(answer, label=NO_SIGN)
    test.run()
    assert ("Missed: no sign of an attack." in texts(test)) == shown.success
    state.attack = replace(shown, after=shown.before)
    test.run()
    assert "no wrong answer to notice" in texts(test), "an attack that turned nothing"
    state.attack, state.answer = shown, answer
    assert "Three questions." in press(test, session, "Questions")
    assert set(kinds_in_case(session, tmp_path)) == {"story"}
    press(test, session, "Begin again")
    assert state.faces is None


def test_own_pictures_are_both_wanted() -> None:
    session = Session()
    test = page("story", session)
    test.run()
    assert "Choose both pictures" in press(test, session, "Begin with these")
