"""What is drawn of an attack while it runs."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

import cv2
import numpy as np
import pytest
import streamlit as st

from core.engine.jobs import Job
from core.types import Array, AttackStep, AttackView
from pages.parts.attack import live_html, live_view
from pages.parts.session.session import Session

CLEAN = np.full((8, 8, 3), 100, np.uint8)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> tuple[Job, Callable[[Job], None], list[str]]:
    """A running attack, what draws it, and the HTML that was drawn so far."""
    session, job, shown = Session(), Job("attack", "PGD"), list[str]()
    monkeypatch.setattr(live_view, "SECONDS", 0)
    monkeypatch.setattr(st.delta_generator.DeltaGenerator, "html", lambda _, html, **__: shown.append(html))
    session.job, session.busy = job, True
    draw = live_view.live_place(session, CLEAN)
    assert draw
    shown.clear()
    return job, draw, shown


def pictures(html: str) -> dict[str, Array]:
    found = re.findall(r'alt="([^"]*)" src="data:image/jpeg;base64,([^"]*)"', html)
    files = {caption: np.frombuffer(base64.b64decode(data), np.uint8) for caption, data in found}
    return {caption: np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR)) for caption, file in files.items()}


def line(html: str) -> str:
    """The line of scores, as SVG."""
    (data,) = re.findall(r'src="data:image/svg\+xml;base64,([^"]*)"', html)
    return base64.b64decode(data).decode()


def test_the_running_attack_stands_beside_the_face_as_it_came(
    drawn: tuple[Job, Callable[[Job], None], list[str]],
) -> None:
    job, draw, shown = drawn
    draw(job)
    assert not shown, "before the first step there is nothing to draw"
    job.view = AttackView(3, CLEAN + 4, np.ones((8, 8), np.float32))
    job.trail = [AttackStep(1, 1, 1.0), AttackStep(2, 2, 0.5)]
    draw(job)
    draw(job)
    assert len(shown) == 1, "what did not change is not drawn again"
    found = pictures(shown[0])
    assert list(found) == ["Original", "Attacked, query 3", "Difference, 8 times", "Gradient that it follows"]
    assert abs(found["Original"].astype(int) - 100).max() <= 1
    assert abs(found["Attacked, query 3"].astype(int) - 104).max() <= 1
    assert abs(found["Difference, 8 times"].astype(int) - (128 + 8 * 4)).max() <= 2
    assert 'points="0.00,0.00 100.00,50.00 100.00,50.00"' in line(shown[0])
    job.trail.append(AttackStep(3, 3, 0.0))
    draw(job)
    assert 'points="0.00,0.00 50.00,50.00 100.00,100.00 100.00,100.00"' in line(shown[1])


def test_a_course_names_its_lines_and_its_last_score_and_marks_the_attack_detectors() -> None:
    rows = live_view._step_rows([AttackStep(1, 1, 0.9), AttackStep(2, 2, 0.25), AttackStep(2, 2, 0.25, 0.75)])
    html = live_html.scores_html(rows)
    assert f"Grey line: {live_html.FAKE}; violet marks: {live_html.ATTACKED}; now 0.250 at step 2" in html
    assert re.findall(r'<i style="left:([\d.]+)%;top:([\d.]+)%', html) == [("100.00", "25.00")]
    assert "violet" not in live_html.scores_html(rows[:2])


def test_an_attack_on_a_file_without_a_face_in_focus_is_drawn_once_there_is_a_score(
    drawn: tuple[Job, Callable[[Job], None], list[str]],
) -> None:
    job, _, shown = drawn
    session = Session()
    session.job, session.busy = job, True
    draw = live_view.live_place(session)
    assert draw
    shown.clear()
    job.view = AttackView(1, CLEAN, None)
    draw(job)
    assert not shown
    job.trail = [AttackStep(1, 1, 0.5)]
    draw(job)
    assert len(shown) == 1
    assert not pictures(shown[0])


def test_words_from_outside_stay_words() -> None:
    html = live_html.pictures_html([(CLEAN, '<script>"x"</script>')])
    assert "<script>" not in html
    assert 'alt="&lt;script&gt;&quot;x&quot;&lt;/script&gt;"' in html
