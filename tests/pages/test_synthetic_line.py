"""Inspect's line on wholly synthetic faces, through its words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from narrowed import some
from page_runs import page, run
from streamlit.testing.v1 import AppTest

from core import pipeline
from core.detectors import Detector
from core.media_attack import samples
from core.types import JudgedFace, Verdict
from core.types.synthetic_answer import NO_SIGN, SYNTHETIC, UNDECIDED, UNKNOWN, SyntheticAnswer
from pages.parts.session import synthetic_answers
from pages.parts.session.session import Session

LINES = {
    SYNTHETIC: "No sign of a face swap. Likely synthetic: 97%.",
    NO_SIGN: "No sign of a synthetic face: 97% “synthetic”.",
    UNDECIDED: "Wholly synthetic? Inconclusive: 97% “synthetic”.",
    UNKNOWN: "Wholly synthetic? Outside of what this detector knows.",
}


@pytest.fixture
def desk(shipped: Detector) -> Session:
    media = pipeline.open_media(samples.sample("portrait.png", shipped))
    made = Session()
    verdict = Verdict(shipped.name, np.asarray([4, -4], np.float32), 0.02, "Likely not manipulated", True)
    made.media, made.faces = media, [JudgedFace(samples.portrait_face(), verdict)]
    return made


def line(desk: Session, answer: SyntheticAnswer | None) -> AppTest:
    crop = desk.faces[0].face.crop
    if answer:
        desk.results.put(synthetic_answers._key(crop), answer)
    test = page("inspect", desk)
    run(test)
    return test


@pytest.mark.parametrize("label", LINES)
def test_each_word_has_its_line(desk: Session, label: str) -> None:
    reason = "too unlike" if label == UNKNOWN else None
    test = line(desk, SyntheticAnswer(label, 0.97, reason, "Trained on made faces."))
    said = [one for one in test.markdown if LINES[label] in one.value.replace("\\", "")]
    assert len(said) == 1
    assert "Trained on made faces." in said[0].help.replace("\\", "")
    assert "Called synthetic when measured: real" in said[0].help.replace("\\", "")
    assert ("too unlike" in said[0].help) == (label == UNKNOWN)
    others = [words for word, words in LINES.items() if word != label]
    assert not any(words in one.value for one in test.markdown for words in others)
    assert "Wholly synthetic?" not in [button.label for button in test.button]


def test_a_face_that_was_not_asked_about_has_a_button(desk: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        pipeline, "answer_synthetic", lambda _: SyntheticAnswer(NO_SIGN, 0.97, None, "Trained on made faces.")
    )
    test = line(desk, None)
    next(button for button in test.button if button.label == "Wholly synthetic?").click().run()
    some(some(desk.job).thread).join(30)
    assert LINES[NO_SIGN] in run(test)


def test_a_face_without_a_verdict_has_no_line(desk: Session) -> None:
    desk.faces = [replace(desk.faces[0], verdict=None, reason="too small")]
    test = line(desk, None)
    assert "Wholly synthetic?" not in [button.label for button in test.button]
