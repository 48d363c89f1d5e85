"""Tabs that were open stay filled until their page is left."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from explain_session import QUICK, compute
from page_runs import page
from streamlit.testing.v1 import AppTest

from core import pipeline
from core.detectors import Detector
from core.engine.jobs import Job
from core.media_attack import samples
from pages.parts.explain.explain_settings import MapSettings
from pages.parts.session.kept_attacks import keep_attack
from pages.parts.session.session import Session
from pages.parts.session.shown_records import ShownRecords, held_of_file
from pages.parts.widgets import progress_bar

KEPT = {"explain": ("One map", "All maps", "Compare", "Regions"), "attack": ("One face", "Sweep over epsilon")}
TABS = {
    "explain": ("One map", "All maps", "Compare", "Regions", "Critical pixels", "For print"),
    "attack": ("One face", "Whole file", "Sweep over epsilon"),
    "detectors": ("This detector", "Weights", "Calibrate", "Compare"),
}


@pytest.fixture
def desk(shipped: Detector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    """A desk with a judged face and two maps of it, and no attack."""
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(tmp_path / "weights"))
    made = Session()
    made.media = pipeline.open_media(samples.sample("portrait.png", shipped))
    made.faces = pipeline.analyse(made.media, pipeline.load_detector())
    made.page_state(MapSettings).methods = QUICK
    compute(made)
    return made


def filled(test: AppTest) -> list[str]:
    return [tab.label for tab in test.tabs if len(tab.children)]


def walk(name: str, desk: Session, titles: tuple[str, ...]) -> AppTest:
    """Open every tab after the other; those that are kept stay, and none gets into another's way."""
    test = page(name, desk)
    for number, title in enumerate(titles):
        test.session_state[f"{name}-tab"] = title
        test.run()
        assert not test.exception
        assert not test.error, (title, [one.value for one in test.error])
        assert set(filled(test)) == {title, *titles[:number]} & {title, *KEPT.get(name, ())}
    return test


@pytest.mark.slow
@pytest.mark.parametrize("attacked", [False, True])
@pytest.mark.parametrize("name", TABS)
def test_tabs_that_were_open_stay_filled(name: str, attacked: bool, desk: Session) -> None:
    if attacked:
        face = desk.faces[0].face
        keep_attack(desk, face.id, desk.detector.version, pipeline.attack(desk.detector, face.crop, "fgsm"))
        compute(desk)
    test = walk(name, desk, TABS[name])
    test.session_state[f"{name}-tab"] = TABS[name][0]
    test.run()
    assert not test.error
    assert filled(test) == list(KEPT.get(name, TABS[name][:1]))


def test_a_page_that_was_left_fills_the_open_tab_alone(desk: Session) -> None:
    test = walk("explain", desk, TABS["explain"][:2])
    del test.session_state["explain-tab"]  # as Streamlit forgets the widgets of a page that is left
    test.run()
    assert filled(test) == ["All maps"]


def test_a_tab_that_nobody_looks_at_keeps_no_record(desk: Session) -> None:
    test = walk("explain", desk, ("Regions", "One map"))
    kinds = [record.kind for record in held_of_file(desk)]
    assert kinds == ["maps", "regions"]
    desk.page_state(ShownRecords).held.clear()
    test.run()
    assert [record.kind for record in held_of_file(desk)] == ["maps"]


@pytest.mark.parametrize(("opened", "inside"), [("One map", 0), ("Compare", 1)])
def test_work_of_a_tab_that_is_not_open_is_shown_above_the_tabs(
    opened: str, inside: int, desk: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = walk("explain", desk, ("Compare", "One map"))
    begun, stop = threading.Event(), threading.Event()

    def work(_: Job) -> None:
        begun.set()
        stop.wait(60)

    monkeypatch.setattr(progress_bar, "wait", lambda _, place, *__: place.button("Stop", key="stop"))
    desk.start("similar", "Comparing", work, total=2)
    try:
        assert begun.wait(60)
        test.session_state["explain-tab"] = opened
        test.run()
        assert test.button(key="stop").label == "Stop"
        assert len([one for tab in test.tabs for one in tab.button if one.label == "Stop"]) == inside
    finally:
        stop.set()
