"""The page Queue: files dropped, judged by the job table, marked, opened without a second verdict, found again."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from media_files import image
from page_runs import click, page, run, sent_to, texts
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import pipeline
from core.detectors.calibration.store import user_calibration_path
from core.engine.batch_run import Batch
from core.engine.executor import InlineWorker
from core.engine.jobs import Job
from core.engine.spare_workers import SpareWorkers
from core.selftest.stub_work import StubWork
from core.signatures.reference import reference_card
from core.storage import files
from core.types import Array, InputError, limits
from core.types.attack_answer import ANSWERS
from pages.parts.queue.queue_table import attack_word
from pages.parts.session import queue_work
from pages.parts.session.attack_answers import ask_in_job, attack_answer, attack_detector
from pages.parts.session.kept_queues import QueueView, read_view
from pages.parts.session.map_results import map_key, stored_map
from pages.parts.session.queue_extras import QueueExtras, keep_explained, read_extras
from pages.parts.session.queue_work import (
    QueueState,
    add_folder,
    drop_files,
    keep_view,
    mark_row,
    open_queue,
    open_row,
    queue_rows,
    restore_queue,
)
from pages.parts.session.session import Session
from pages.parts.session.shown_records import held_of_page
from pages.parts.session.signature_places import stored_place


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_work, "queues_folder", lambda: tmp_path / "queues")
    monkeypatch.setattr(queue_work, "EXECUTOR", "inline")


def drawn(test: AppTest) -> list[dict[str, str]]:
    """Return the rows of the queue's table, by column."""
    (table,) = sent_to(test, "picked_table")
    return [dict(zip(table["columns"], cells, strict=True)) for cells in table["rows"]]


def test_an_empty_queue_offers_a_place_to_drop() -> None:
    test = page("queue", Session()).run()
    assert not test.exception
    assert "Or a folder on this machine" in [one.label for one in test.text_input]
    assert "Whoever reaches this dashboard sees every queue." in texts(test)
    with pytest.raises(InputError, match="a folder on the machine"):
        add_folder(Session(), "/nowhere/at all")


def test_a_folder_that_does_not_exist_leaves_both_forms() -> None:
    test = page("queue", Session()).run()
    test.text_input[0].set_value("/nowhere/at all")
    shown = click(test, "Add the folder")
    assert "/nowhere/at all" in shown
    assert "Or a folder on this machine" in [one.label for one in test.text_input]
    assert "Also compute, of each file's face" in [one.label for one in test.multiselect]


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
    state.current = face.path  # at the top may be the broken file, where the face is not suspicious
    test = page("queue", desk).run()
    assert not test.exception
    shown = texts(test).replace("\\", "")
    assert "1 judged files" in shown
    assert "1 could not be judged" in shown
    assert len(drawn(test)) == 2
    (cells,) = [one for one in drawn(test) if one["State"] == "Done"]
    low, high, score = (f"{-1 if value is None else value:.0%}" for value in (face.p_low, face.p_high, face.p_fake))
    assert cells.pop("Picture").startswith("data:image/jpeg;base64,")
    assert cells.pop("File").endswith("=face_.png")
    assert cells == {
        "Verdict": face.band,
        "Score": f"{score} ({low} to {high})",
        "Attack": attack_word(face),
        "Provenance": "Unknown",
        "Faces": "1",
        "State": "Done",
        "Mark": "Suspicious",
        "Note": "look at the hair",
    }
    assert "look at the hair" in [one.value for one in test.text_input]
    (table,) = held_of_page(desk)
    assert [(one["mark"], one["note"]) for one in table.results["files"] if one["state"] == "done"] == [
        ("Suspicious", "look at the hair")
    ]

    other = page("queue", Session())
    other.query_params["queue"] = str(state.token)
    assert len(drawn(other.run())) == 2, "a reload finds it again"

    monkeypatch.setattr(pipeline, "analyse", lambda *_, **__: pytest.fail("judged again"))
    monkeypatch.setattr(pipeline, "answer_attack", lambda *_, **__: pytest.fail("asked again"))
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
    focused = desk.focused
    assert focused
    assert focused.verdict
    asked = attack_answer(desk, focused.face.crop)
    assert asked
    assert asked.answer.label == face.attack_label
    ask_in_job(desk, focused.face.crop, focused.verdict, desk.detector)
    more = attack_answer(desk, focused.face.crop)
    assert more
    assert more.answer is asked.answer
    assert (more.verdict is None) == (
        pipeline.not_asked_reason(desk.detector, attack_detector(), focused.verdict) is not None
    )
    with pytest.raises(InputError, match="was not judged"):
        open_row(desk, by_state["failed"])


def test_files_dropped_on_a_full_disk_are_a_sentence_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    def write(to: Path, content: bytes | str) -> None:
        if to.name == "two.jpg":
            raise OSError(errno.ENOSPC, "No space left on device", str(to))
        atomic_write(to, content)

    atomic_write = files.atomic_write
    monkeypatch.setattr(queue_work, "atomic_write", write)
    monkeypatch.setattr(queue_work, "judging_batch", lambda *_, **__: pytest.fail("judged"))
    monkeypatch.setattr(Job, "start", lambda self, work: None)
    desk = Session()
    with pytest.raises(InputError, match=r"two\.jpg could not be written: No space left .*; those before it are in"):
        drop_files(desk, [(f"{name}.jpg", b"x") for name in ("one", "two", "three")])
    state = desk.page_state(QueueState)
    assert [place.name for place in state.places] == ["one.jpg"]
    assert state.job
    fresh = QueueState()
    restore_queue(fresh, state.token)
    assert fresh.places == state.places


def test_a_queue_holds_no_more_dropped_files_than_its_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Job, "start", lambda self, work: None)
    monkeypatch.setattr(limits, "SESSION_KEPT_BYTES", 1000)
    desk = Session()
    drop_files(desk, [("one.jpg", bytes(400))])
    with pytest.raises(InputError, match=r"three\.jpg is not kept: with it 3 files"):
        drop_files(desk, [("two.jpg", bytes(600)), ("three.jpg", b"x"), ("four.jpg", b"")])
    assert [place.name for place in desk.page_state(QueueState).places] == ["one.jpg", "two.jpg"]


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judge by what a file says."""
    monkeypatch.setattr(
        queue_work,
        "judging_batch",
        lambda places, table, settings, workers: Batch(places, table, "v1", settings.text(), StubWork()),
    )


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a server on which nothing is judged, with a folder of weights of its own."""
    jobs: dict[str, Job] = {}
    for name, value in {"EXECUTOR": "local", "is_served": lambda: True, "_jobs": lambda: jobs}.items():
        monkeypatch.setattr(queue_work, name, value)
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(tmp_path))


class Ready(InlineWorker):
    """Stand in for a worker that stands ready."""

    alive = True


@pytest.mark.parametrize("changed", [False, True])
def test_a_worker_that_has_an_older_calibration_is_not_taken(
    served: None, stub: None, monkeypatch: pytest.MonkeyPatch, changed: bool
) -> None:
    spare, worker, started = SpareWorkers(), Ready(StubWork()), list[object]()
    monkeypatch.setattr(queue_work, "_spare", lambda: spare)
    monkeypatch.setattr(queue_work, "judging_workers", lambda *_: worker)
    monkeypatch.setattr(queue_work, "run_batch", lambda batch, _: started.append(batch.started))
    desk = Session()
    queue_work.warm_up(desk)
    if changed:
        calibration = user_calibration_path(desk.detector_name)
        calibration.parent.mkdir()
        calibration.write_text("{}")
    drop_files(desk, [("one.jpg", b"one")])
    finish(desk.page_state(QueueState).job)
    spare.close()
    assert started == [None if changed else worker]


def test_a_page_without_weights_starts_no_worker(served: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_work, "judging_workers", lambda *_: pytest.fail("started"))
    desk = Session()
    desk.detector_name = "meso4-df"
    queue_work.warm_up(desk)


def test_a_folder_is_added_and_its_files_marked_by_keys(tmp_path: Path, stub: None) -> None:
    (tmp_path / "media" / "below").mkdir(parents=True)
    for name in ("one.jpg", "two.jpg", "below/broken.jpg"):
        (tmp_path / "media" / name).write_text(Path(name).stem)
    desk = Session()
    state = desk.page_state(QueueState)
    test = page("queue", desk).run()
    test.text_input[0].set_value(str(tmp_path / "media"))
    click(test, "Add the folder")
    finish(state.job)
    assert "2 judged files" in run(test)
    names = [one.name for one in queue_rows(state)]
    assert sorted(names) == ["below/broken.jpg", "one.jpg", "two.jpg"]

    def press(key: str) -> None:
        next(one for one in test.button if one.proto.shortcut == key).click().run()
        assert not test.exception

    def place() -> int:
        return next(number for number, one in enumerate(names) if f"**{one}**" in texts(test).replace("\\", ""))

    assert place() == 0
    press("j")
    press("j")
    assert place() == 2
    press("k")
    assert place() == 1
    for key in "123":
        press(key)
        assert {row.name: row.mark for row in queue_rows(state) if row.mark} == {names[1]: key}


def test_earlier_queues_are_listed_opened_as_they_were_looked_at_and_deleted(tmp_path: Path, stub: None) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "named.jpg").write_text("named")
    tokens = []
    for number, names in enumerate((("one", "two", "broken"), ("three",))):
        desk = Session()
        state = desk.page_state(QueueState)
        add_folder(desk, str(tmp_path / "media"))
        finish(state.job)
        drop_files(desk, [(f"{name}.jpg", name.encode()) for name in names])
        finish(state.job)
        tokens.append(str(state.token))
        assert state.folder
        os.utime(state.folder / "places.json", (1_700_000_000 + 100 * number,) * 2)
    orphan = queue_work.queues_folder() / ("0" * 32) / "dropped"
    orphan.mkdir(parents=True)
    (queue_work.queues_folder() / "no queue").mkdir()

    first = page("queue", Session())
    first.query_params["queue"] = tokens[0]
    first.run()
    first.selectbox[0].set_value("Failed").run()
    first.selectbox[1].set_value("Name").run()
    test = page("queue", desk).run()  # the second queue is open
    listed = [one for one in texts(test).splitlines() if " UTC, " in one]
    assert [one.split(", ")[-1] for one in listed] == ["0 files", "4 files"]
    assert "14 November 2023, 22:13 UTC, 4 files" in listed
    opening = {str(one.key): one for one in test.button if one.label == "Open" and "queue" in str(one.key)}
    assert opening[f"open-queue-{'0' * 32}"].disabled, "only copies of files are left of it"
    opening[f"open-queue-{tokens[0]}"].click().run()
    assert not test.exception
    assert [one.value for one in test.selectbox] == ["Failed", "Name"]
    assert [one["File"] for one in drawn(test)] == ["broken.jpg"]
    assert test.query_params["queue"] == tokens[0]
    for gone in (tokens[1], "0" * 32):
        next(one for one in test.button if one.key == f"delete-queue-{gone}").click().run()
        assert not test.exception
    assert {one.name for one in queue_work.queues_folder().iterdir()} == {tokens[0], "no queue"}
    assert " UTC, " not in texts(test)
    assert (tmp_path / "media" / "named.jpg").read_text() == "named"
    with pytest.raises(InputError, match="no longer there"):
        open_queue(desk, tokens[1])


def test_a_reload_finds_the_current_row_and_no_word_that_is_none(tmp_path: Path) -> None:
    state = QueueState(folder=tmp_path, shown="Marked", order="Name", current=tmp_path / "a.jpg")
    keep_view(state)
    assert read_view(tmp_path) == QueueView("Marked", "Name", str(tmp_path / "a.jpg"))
    (tmp_path / "view.json").write_text('{"shown": "<b>", "order": "Name", "current": null}')
    assert read_view(tmp_path) == QueueView()


def test_maps_and_signatures_are_chosen_computed_and_found_on_the_other_pages(portrait: Array) -> None:
    desk = Session()
    state = desk.page_state(QueueState)
    drop_files(desk, [("face.png", image("PNG", Image.fromarray(portrait)))])
    finish(state.job)
    (row,) = queue_rows(state)
    open_row(desk, row)
    finish(desk.job)
    crop = desk.faces[0].face.crop
    assert stored_place(desk, crop, reference_card()) is None
    test = page("queue", desk).run()
    test.multiselect[0].set_value(["saliency", "signature"]).run()
    next(one for one in test.button if "again with these" in one.label).click().run()
    assert not test.exception
    finish(state.job)
    assert QueueExtras(("saliency",), True) == state.extras
    again, *others = queue_rows(state)
    assert not others
    assert again.key != row.key
    assert again.p_fake == row.p_fake

    fresh = Session()
    restore_queue(fresh.page_state(QueueState), state.token)
    assert fresh.page_state(QueueState).extras == state.extras
    open_row(fresh, again)
    finish(fresh.job)
    detector = fresh.detector
    (made,) = pipeline.explain_all(detector, crop, {"saliency": {}})
    kept = stored_map(fresh, map_key(made.of, detector.version, "saliency", made.settings, "margin", 0))
    assert kept
    assert kept.key.settings == tuple(sorted({**made.settings, "target": "margin"}.items()))
    assert np.allclose(kept.attribution.map, made.map, atol=1e-3 * made.map.max())  # threads differ
    placed = pipeline.embed_signature(detector, pipeline.load_reference_set(), crop)[1]
    found = stored_place(fresh, crop, reference_card())
    assert found
    nearest, expected = found.neighbours[0], placed.neighbours[0]
    assert (nearest.index, nearest.kind) == (expected.index, expected.kind)
    assert nearest.distance == pytest.approx(expected.distance, rel=1e-3)  # threads differ


def test_a_queue_of_before_computes_no_maps_and_damaged_ones_are_told(tmp_path: Path) -> None:
    assert read_extras(tmp_path) == QueueExtras()
    (tmp_path / "extras.json").write_text('{"maps": ["no-such-map"], "signature": true}')
    assert read_extras(tmp_path) == QueueExtras((), True)
    with pytest.raises(InputError, match="kept maps of this file are damaged"):
        keep_explained(Session(), b"nothing", "d")


def finish(job: Job | None) -> None:
    assert job
    assert job.thread
    job.thread.join()
    assert job.problem is None
