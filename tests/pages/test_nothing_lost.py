"""Nothing is lost: a bad file, a reload, a file opened while work runs."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from page_runs import page
from streamlit.testing.v1 import AppTest

from core import pipeline
from core.detectors import Detector
from core.engine.jobs import Job
from core.media_attack import samples
from pages.parts.session import queue_work
from pages.parts.session.judging import open_upload
from pages.parts.session.queue_work import QueueState, drop_files
from pages.parts.session.session import Connection, Session, returning
from pages.parts.widgets import queue_steps


def ended(session: Session) -> None:
    assert session.job
    assert session.job.thread
    session.job.thread.join(60)


def said(test: AppTest) -> str:
    return " ".join(str(one.value) for one in (*test.error, *test.info, *test.header)).replace("\\", "")


@pytest.fixture
def portrait_open(shipped: Detector) -> Session:
    session = Session()
    session.media = pipeline.open_media(samples.sample("portrait.png", shipped))
    session.faces = pipeline.analyse(session.media, shipped)
    session.judged_by = shipped.version
    return session


def test_a_bad_file_leaves_the_open_one_and_is_told_once(portrait_open: Session) -> None:
    before = portrait_open.media
    open_upload(portrait_open, b"no picture", "bad.png")
    assert portrait_open.media is None  # while the other is opened
    ended(portrait_open)
    assert "bad.png" in said(page("inspect", portrait_open).run())
    assert portrait_open.media is before
    assert portrait_open.faces
    assert portrait_open.set_aside is None
    assert "bad.png" not in said(page("methods", portrait_open).run())
    assert "bad.png" in said(page("inspect", portrait_open).run())


def test_a_stop_while_opening_leaves_the_open_file(portrait_open: Session) -> None:
    before = portrait_open.media
    open_upload(portrait_open, b"no picture", "bad.png")
    open_upload(portrait_open, b"no picture either", "worse.png")  # twice in a row
    ended(portrait_open)
    portrait_open.begin_run()
    assert portrait_open.media is before


def test_a_file_put_away_does_not_come_back(portrait_open: Session) -> None:
    portrait_open.close()
    portrait_open.begin_run()
    assert portrait_open.media is None


def test_work_that_another_file_ends_is_told(portrait_open: Session) -> None:
    begun = threading.Event()

    def work(job: Job) -> None:
        begun.set()
        job.halt.wait(30)
        job.check_stop()

    job = portrait_open.start("attack", "PGD, query", work)
    assert begun.wait(10)
    open_upload(portrait_open, b"no picture", "bad.png")
    ended(portrait_open)
    assert job.should_stop()
    assert "another file was opened: PGD, query" in said(page("inspect", portrait_open).run())
    assert "another file was opened" not in said(page("inspect", portrait_open).run())


def test_a_reload_finds_the_session_whose_connection_is_gone() -> None:
    old, live, other = Session(), Session(), Session()
    old.connection, live.connection, other.connection = Connection(old, gone=True), Connection(live), None
    kept = {one.token: one for one in (old, live, other)}
    assert returning(f"{old.token}.{live.token}", kept) is old  # the other tab is still open
    assert returning(live.token, kept) is None
    assert returning(other.token, kept) is None
    assert returning("", kept) is returning("x.../../", kept) is None
    assert old.connection
    old.connection.kept = kept
    old.connection.broken()
    assert returning(old.token, kept) is None  # its time is over


def test_tokens_are_not_to_be_guessed() -> None:
    assert len({Session().token for _ in range(100)}) == 100
    assert min(len(Session().token) for _ in range(20)) >= 22


def test_a_step_through_the_queue_opens_its_neighbour(monkeypatch: pytest.MonkeyPatch, portrait_open: Session) -> None:
    rows = [row(name, score) for name, score in (("a.png", 0.2), ("b.png", 0.9), ("c.png", 0.5))]
    opened: list[str] = []
    monkeypatch.setattr(queue_steps, "queue_rows", lambda state: rows)
    monkeypatch.setattr(queue_steps, "open_row", lambda session, one: opened.append(one.name))
    portrait_open.page_state(QueueState).folder = Path("queue")
    portrait_open.original = Path("c.png")
    test = page("methods", portrait_open).run()
    assert any("2 of 3 in the queue" in caption.value for caption in test.caption)
    test.button(key="queue-step1").click().run()
    test.button(key="queue-step-1").click().run()
    assert opened == ["a.png", "b.png"]
    portrait_open.original = Path("b.png")
    assert page("methods", portrait_open).run().button(key="queue-step-1").disabled


def test_a_queue_of_nothing_but_broken_files_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_work, "queues_folder", lambda: tmp_path / "queues")
    monkeypatch.setattr(queue_work, "EXECUTOR", "inline")
    session = Session()
    state = session.page_state(QueueState)
    drop_files(session, [("bad.png", b"no picture")])
    assert state.job
    assert state.job.thread
    state.job.thread.join(120)
    test = page("queue", session).run()
    assert "**No file could be judged**; 1 failed." in [one.value for one in test.markdown]


def row(name: str, score: float) -> Any:
    return SimpleNamespace(
        path=Path(name), name=name, state="done", band="Inconclusive", p_fake=score, attack_label=None, provenance=None
    )
