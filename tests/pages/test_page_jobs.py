"""Checking a checkpoint and reading a frame are jobs: they can be stopped, and end with the page."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from checkpoints import random_checkpoint, write_checkpoint
from narrowed import some

from core.detectors import FORMATS
from core.detectors.checkpoints import status
from core.engine.jobs import Job
from core.progress import current_progress
from core.types import Array, InputError, StopRequested
from pages.parts.detectors import weight_files
from pages.parts.session import frames
from pages.parts.session.frames import read_frame
from pages.parts.session.session import Session


def held_up(ended: threading.Event) -> Any:
    """Work until somebody asks to stop."""
    while not current_progress().should_stop():
        threading.Event().wait(0.01)
    ended.set()
    raise StopRequested


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(tmp_path / "weights"))
    return tmp_path


def test_a_checkpoint_is_checked_in_the_background(folder: Path) -> None:
    file, session = write_checkpoint(FORMATS["meso4"], random_checkpoint(FORMATS["meso4"]), folder / "a.h5"), Session()
    let_go: list[str] = []
    for layout, added in (("mesoinception4", False), ("meso4", True)):
        weight_files.start_check(
            session, file.read_bytes(), "a.h5", layout, "mine", added=lambda: let_go.append("a.h5")
        )
        assert session.busy
        assert session.job
        assert session.job.line.startswith("Checking a.h5")
        assert session.job.thread
        session.job.thread.join(60)
        assert (session.job.problem is None, session.message is not None) == (added, added)
        assert ("mine" in status.detector_names()) == added
        assert let_go == ["a.h5"] * added, "what was refused can be tried again"


def test_the_check_of_a_checkpoint_can_be_stopped(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended, session = threading.Event(), Session()
    monkeypatch.setattr(status, "add", lambda *_: held_up(ended))
    weight_files.start_check(session, b"", "a.h5", "meso4", None, added=lambda: None)
    assert session.job
    session.job.stop()
    assert ended.wait(60)
    assert session.message is None


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "AT_ONCE", 0.0)


@pytest.mark.usefixtures("at_once")
def test_a_frame_that_takes_long_can_be_stopped_and_asked_for_again(
    small_picture: Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended, session, buttons = threading.Event(), Session(), dict[str, Any]()

    def button(label: str, **settings: Any) -> bool:
        buttons[label] = settings
        if label == "Stop":
            settings["on_click"]()
        return False

    monkeypatch.setattr("streamlit.button", button)
    assert read_frame(session, "a", 3, lambda: held_up(ended)) is None
    assert ended.is_set()
    assert read_frame(session, "a", 3, lambda: pytest.fail("read again, unasked")) is None
    asked = buttons["Read the frame"]
    asked["on_click"](*asked["args"])
    assert read_frame(session, "a", 3, lambda: small_picture) is small_picture


@pytest.mark.usefixtures("at_once")
def test_a_part_that_is_redrawn_alone_hands_its_frame_to_the_page(
    small_picture: Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended, session, labels = threading.Event(), Session(), list[str]()
    monkeypatch.setattr("streamlit.button", lambda label, **_: labels.append(label))
    assert read_frame(session, "a", 3, lambda: held_up(ended), alone=True) is None
    assert session.busy, "the page is drawn whole, with its own Stop"
    assert session.job
    assert session.job.thread
    assert session.job.line.startswith("Reading frame 3")
    session.job.stop()
    session.job.thread.join(60)
    session.begin_run()
    assert read_frame(session, "a", 3, lambda: pytest.fail("read again, unasked"), alone=True) is None
    assert labels == ["Read the frame"]
    go_on = threading.Event()

    def slow() -> Array:
        go_on.wait(60)
        return small_picture

    assert read_frame(session, "a", 4, slow, alone=True) is None
    go_on.set()
    session.job.thread.join(60)
    session.begin_run()
    assert read_frame(session, "a", 4, lambda: pytest.fail("it is there"), alone=True) is small_picture


@pytest.mark.usefixtures("at_once")
def test_a_frame_takes_the_place_of_another_and_of_no_message(small_picture: Array) -> None:
    ended, session, go_on = threading.Event(), Session(), threading.Event()

    def refused(_: Job) -> None:
        raise InputError("this was refused")

    failed = session.start("open", "Opening", refused)
    some(failed.thread).join(60)
    session.begin_run()
    assert read_frame(session, "a", 3, lambda: held_up(ended), alone=True) is None
    assert read_frame(session, "a", 3, lambda: pytest.fail("it is being read"), alone=True) is None

    def slow() -> Array:
        go_on.wait(60)
        return small_picture

    assert read_frame(session, "a", 4, slow, alone=True) is None
    assert ended.wait(60), "nobody waits for the frame that was left"
    reading = some(session.job)
    go_on.set()
    some(reading.thread).join(60)
    session.begin_run()
    assert some(session.job).problem == "this was refused"
    assert read_frame(session, "a", 4, lambda: pytest.fail("it is there"), alone=True) is small_picture


@pytest.mark.usefixtures("at_once")
def test_a_frame_is_read_no_further_when_the_page_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()

    def drawn_again(*_: object, **__: object) -> None:
        raise RecursionError  # as Streamlit leaves a run of a page, from within any element

    monkeypatch.setattr("streamlit.button", drawn_again)
    with pytest.raises(RecursionError):
        read_frame(Session(), "a", 3, lambda: held_up(ended))
    assert ended.wait(60)


def test_a_frame_that_cannot_be_read_is_a_sentence() -> None:
    def refused() -> Array:
        raise InputError("this frame is damaged")

    with pytest.raises(InputError, match="this frame is damaged"):
        read_frame(Session(), "a", 3, refused)
