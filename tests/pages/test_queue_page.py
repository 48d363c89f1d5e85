"""The page Queue: files dropped, judged by the job table, marked, opened without a second verdict, found again."""

from __future__ import annotations

from pathlib import Path

import pytest
from media_files import image
from page_runs import page, texts
from PIL import Image

from core import pipeline
from core.types import Array, InputError
from core.types.attack_answer import ANSWERS, SIGNS
from core.types.file_rows import FileRow
from pages.parts.session import queue_work
from pages.parts.session.queue_order import FIRST, arranged
from pages.parts.session.queue_work import QueueState, add_folder, drop_files, mark_row, open_row, queue_rows
from pages.parts.session.session import Session


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_work, "queues_folder", lambda: tmp_path / "queues")
    monkeypatch.setattr(queue_work, "EXECUTOR", "inline")


def row(name: str, band: str | None, p_fake: float | None, **more: str | None) -> FileRow:
    state = more.pop("state", None) or "done"
    attack, provenance = more.get("attack"), more.get("provenance")
    return FileRow(None, name, "image", 1, None, p_fake, None, None, attack, provenance, state, None, band)


def test_the_most_suspicious_file_is_on_top() -> None:
    rows = [
        row("clean", "Likely not manipulated", 0.1),
        row("waits", None, None, state="waiting"),
        row("broken", None, None, state="failed"),
        row("unsure", "Inconclusive", 0.5),
        row("fake", "Likely manipulated", 0.9),
        row("faker", "Likely manipulated", 0.99),
        row("attacked", "Likely not manipulated", 0.2, attack=SIGNS),
    ]
    found = [one.name for one in arranged(rows, shown="All", order=FIRST)]
    assert found == ["faker", "fake", "attacked", "unsure", "broken", "clean", "waits"]
    assert [one.name for one in arranged(rows, shown="Inconclusive", order="Name")] == ["unsure"]
    assert [one.name for one in arranged(rows, shown="Failed", order="Name")] == ["broken"]


def test_an_empty_queue_offers_a_place_to_drop() -> None:
    test = page("queue", Session()).run()
    assert not test.exception
    assert "Or a folder on this machine" in [one.label for one in test.text_input]
    with pytest.raises(InputError, match="a folder on the machine"):
        add_folder(Session(), "/nowhere/at all")


def test_dropped_files_are_judged_marked_and_opened_without_a_second_verdict(
    portrait: Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Session()
    state = desk.page_state(QueueState)
    drop_files(desk, [("../=face\n.png", image("PNG", Image.fromarray(portrait))), ("bad.jpg", b"no picture")])
    assert state.job
    assert state.job.thread
    state.job.thread.join()
    assert state.job.problem is None
    by_state = {one.state: one for one in queue_rows(state)}
    face = by_state["done"]
    assert face.faces == 1
    assert face.attack_label in ANSWERS
    assert "bad.jpg" in str(by_state["failed"].reason)
    mark_row(state, face, mark="1", note="look at the hair")
    test = page("queue", desk).run()
    assert not test.exception
    shown = texts(test).replace("\\", "")
    assert "1 judged files" in shown
    assert "1 could not be judged" in shown
    assert len(test.dataframe[0].value) == 2
    assert "look at the hair" in [one.value for one in test.text_input]

    other = page("queue", Session())
    other.query_params["queue"] = str(state.token)
    assert len(other.run().dataframe[0].value) == 2, "a reload finds it again"

    monkeypatch.setattr(pipeline, "analyse", lambda *_, **__: pytest.fail("judged again"))
    open_row(desk, face)
    assert desk.job
    assert desk.job.thread
    desk.job.thread.join()
    assert desk.job.problem is None
    assert desk.media
    assert desk.media.id == face.sha256
    assert [item.verdict.p_fake for item in desk.faces if item.verdict] == [face.p_fake]
    assert not desk.outdated
    assert desk.original == face.path
    with pytest.raises(InputError, match="was not judged"):
        open_row(desk, by_state["failed"])
