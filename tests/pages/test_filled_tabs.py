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
from core.engine.results import ResultKey
from core.media_attack import samples
from core.output.records import Record
from core.types import Array
from pages.parts.attack import attack_result
from pages.parts.attack.attack_settings import AttackSettings, FileAttackSettings
from pages.parts.explain.explain_settings import MapSettings
from pages.parts.session.kept_attacks import keep_attack
from pages.parts.session.session import FRAMES, Session
from pages.parts.session.shown_records import ShownRecords, held_of_file
from pages.parts.widgets import progress_bar, tables

KEPT = {
    "explain": ("One map", "All maps", "Compare", "Regions", "Critical pixels"),
    "attack": ("One face", "Whole file", "Sweep over epsilon"),
}
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


def opened_tab(test: AppTest, title: str) -> AppTest:
    test.session_state["attack-tab"] = title
    test.run()
    assert not test.exception
    assert not test.error
    return test


@pytest.fixture
def attacked(desk: Session) -> AppTest:
    """The page Attack, with an attacked face and an attacked file, in view."""
    desk.page_state(AttackSettings).method = "fgsm"
    desk.page_state(FileAttackSettings).lossy = False
    face = desk.faces[0].face
    keep_attack(desk, face.id, desk.detector.version, pipeline.attack(desk.detector, face.crop, "fgsm"))
    test = opened_tab(opened_tab(page("attack", desk), "One face"), "Whole file")
    next(button for button in test.button if button.label == "Attack the whole file").click().run()
    assert not test.exception
    return test


def test_a_tab_that_is_not_open_answers_no_key(attacked: AppTest) -> None:
    why = attacked.button(key="to-explain")
    assert why.proto.shortcut == ""
    opened_tab(attacked, "One face")
    assert attacked.button(key="to-explain").proto.shortcut == "w"


def test_tabs_show_the_difference_by_the_same_factor(attacked: AppTest) -> None:
    attacked.slider(key="factor-file").set_value(20).run()
    assert attacked.slider(key="factor-attack").value == 20
    opened_tab(attacked, "One face")
    assert [attacked.slider(key=f"factor-{place}").value for place in ("attack", "file")] == [20, 20]
    attacked.slider(key="factor-attack").set_value(5).run()
    opened_tab(attacked, "Whole file")
    assert [attacked.slider(key=f"factor-{place}").value for place in ("attack", "file")] == [5, 5]


def test_a_tab_that_is_not_open_reads_no_frame(attacked: AppTest, desk: Session) -> None:
    def is_read() -> bool:
        assert desk.media
        key: ResultKey[Array] = ResultKey(FRAMES, desk.media.id)
        return desk.results.get(key.with_settings({"index": 0})) is not None

    assert is_read()
    desk.results.forget(FRAMES)
    opened_tab(attacked, "One face")
    assert not is_read()
    opened_tab(attacked, "Whole file")
    assert is_read()


def test_what_nobody_looks_at_makes_no_record(
    attacked: AppTest, desk: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def record(*_: object, **__: object) -> Record:
        made.append("record")
        return {}

    monkeypatch.setattr(attack_result, "face_attack_record", record)
    monkeypatch.setattr(tables, "json_text", lambda _: made.append("text"))
    attacked.run()
    assert made == []
    opened_tab(attacked, "One face")
    assert made == ["record"]
    assert {record.kind for record in held_of_file(desk)} >= {"attack", "attack-file"}


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
