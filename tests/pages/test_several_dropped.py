"""Files dropped on Start: one is opened there, several go to the queue."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.media.images import encode_png
from core.types import Array, limits
from pages.parts.session import queue_work
from pages.parts.session.queue_work import QueueState, queue_rows
from pages.parts.session.session import Session

APP = Path(__file__).resolve().parents[2] / "app.py"


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_work, "queues_folder", lambda: tmp_path / "queues")
    monkeypatch.setattr(queue_work, "EXECUTOR", "inline")


def dropped(session: Session, *files: tuple[str, bytes]) -> AppTest:
    """Drop files on Start, and wait until they are judged."""
    test = AppTest.from_file(str(APP), default_timeout=600)
    test.session_state["session"] = session
    test.run()
    assert "One file opens here. Several go to the queue, which keeps them on disk until it is emptied." in [
        one.value for one in test.caption
    ]
    test.file_uploader[0].set_value([(name, data, "image/png") for name, data in files]).run()
    job = session.page_state(QueueState).job if len(files) > 1 else session.job
    assert job
    assert job.thread
    job.thread.join(120)
    test.run()
    assert not test.exception
    return test


def test_several_go_to_the_queue_which_is_shown(small_picture: Array) -> None:
    session, picture = Session(), encode_png(small_picture)
    test = dropped(session, ("a.png", picture), ("b.png", b"no picture"))
    assert test.title[0].value == "Queue"
    rows = {row.name: row.state for row in queue_rows(session.page_state(QueueState))}
    assert rows == {"a.png": "done", "b.png": "failed"}
    assert session.media is None


def test_a_drop_that_is_cut_short_leads_to_the_queue_which_says_so(
    small_picture: Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, picture = Session(), encode_png(small_picture)
    monkeypatch.setattr(limits, "SESSION_KEPT_BYTES", len(picture) + 1)
    test = dropped(session, ("a.png", picture), ("b.png", picture))
    assert test.title[0].value == "Queue"
    assert [row.name for row in queue_rows(session.page_state(QueueState))] == ["a.png"]
    assert any("those before it are kept" in one.value for one in test.error)


def test_one_opens_where_it_was_dropped(small_picture: Array) -> None:
    session = Session()
    test = dropped(session, ("a.png", encode_png(small_picture)))
    assert test.title[0].value == "Inspect"
    assert session.media
    assert session.media.name == "a.png"
    assert session.page_state(QueueState).folder is None
