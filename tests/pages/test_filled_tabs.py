"""Tabs that were open stay filled until their page is left."""

from __future__ import annotations

from pathlib import Path

import pytest
from explain_session import QUICK, compute
from page_runs import page
from streamlit.testing.v1 import AppTest

from core import pipeline
from core.detectors import Detector
from core.media_attack import samples
from pages.parts.explain.explain_settings import MapSettings
from pages.parts.session.kept_attacks import keep_attack
from pages.parts.session.session import Session

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


def walk(name: str, key: str, desk: Session, titles: tuple[str, ...]) -> AppTest:
    """Open every tab after the other; each stays, and none gets into another's way."""
    test, seen = page(name, desk), []
    for title in titles:
        test.session_state[key] = title
        test.run()
        seen.append(title)
        assert not test.exception
        assert not test.error, (title, [one.value for one in test.error])
        assert filled(test) == seen
    return test


@pytest.mark.slow
@pytest.mark.parametrize("attacked", [False, True])
@pytest.mark.parametrize("name", TABS)
def test_tabs_that_were_open_stay_filled(name: str, attacked: bool, desk: Session) -> None:
    if attacked:
        face = desk.faces[0].face
        keep_attack(desk, face.id, desk.detector.version, pipeline.attack(desk.detector, face.crop, "fgsm"))
        compute(desk)
    titles = TABS[name]
    test = walk(name, f"{name}-tab", desk, titles)
    test.session_state[f"{name}-tab"] = titles[0]
    test.run()
    assert not test.error
    assert filled(test) == list(titles)


def test_a_page_that_was_left_fills_the_open_tab_alone(desk: Session) -> None:
    test = walk("explain", "explain-tab", desk, TABS["explain"][:2])
    del test.session_state["explain-tab"]  # as Streamlit forgets the widgets of a page that is left
    test.run()
    assert filled(test) == ["All maps"]
