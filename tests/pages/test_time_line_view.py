"""Steps through a video's judged frames on Inspect."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from narrowed import some
from page_runs import page, texts
from streamlit.testing.v1 import AppTest

from core import pipeline
from core.detectors import Detector
from core.media_attack import samples
from pages.parts.inspect import frame_view
from pages.parts.session.session import Session


@pytest.fixture
def desk(shipped: Detector) -> Session:
    """Three frames of one face."""
    made = Session()
    media = pipeline.open_media(samples.sample("portrait.png", shipped))
    (item,) = pipeline.analyse(media, pipeline.load_detector())
    made.media = replace(media, kind="video", frames=3, fps=8.0)
    made.faces = [replace(item, face=replace(item.face, frame=frame)) for frame in range(3)]
    return made


def test_a_step_draws_the_page_once(desk: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    portrait = some(desk.media).frame(0)
    monkeypatch.setattr(frame_view, "frame_in_focus", lambda *_, **__: portrait)
    (test := page("inspect", desk)).run()
    begin, runs = Session.begin_run, list[int]()

    def noted(session: Session) -> None:
        runs.append(session.focus)
        begin(session)

    monkeypatch.setattr(Session, "begin_run", noted)
    for label, focus in (("Later", 1), ("Later", 2), ("Earlier", 1)):
        next(button for button in test.button if button.label == label).click().run()
        assert not test.exception
        assert some(desk.focused).face.frame == focus
        assert f"frame {focus}, face 1" in texts(test)
        assert faces_of(test).value == focus
    assert runs == [1, 2, 1], "the step is taken before the page is drawn"
    faces_of(test).select(2).run()
    assert not test.exception
    assert some(desk.focused).face.frame == 2
    assert "frame 2, face 1" in texts(test)
    assert runs[3:] == [2], "the bar's list does the same"


def faces_of(test: AppTest) -> Any:
    (found,) = (one for one in test.selectbox if one.label == "Face in focus")
    return found


def test_a_face_that_is_not_there_is_not_put_in_focus(desk: Session) -> None:
    for index in (3, -1, None):
        desk.put_in_focus(index)
        assert desk.focus == 0
