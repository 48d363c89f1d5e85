"""Workers that stand ready: one batch's, taken once, ended when others are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from core import pipeline
from core.detectors.calibration.store import user_calibration_path
from core.detectors.checkpoints import status
from core.engine.executor import FileLimits
from core.engine.file_judging import BatchSettings
from core.engine.judging_batch import judging_workers, workers_key
from core.engine.local_workers import LocalWorkers
from core.engine.spare_workers import SpareWorkers
from core.selftest.stub_work import StubWork
from core.storage.files import atomic_write
from core.types import InputError
from core.types.file_rows import FileOutcome, FileTask


class Idle:
    """Stand in for workers; remember their end."""

    room, closed, alive = 0, False, True

    def submit(self, task: FileTask) -> None:
        raise AssertionError("nothing is submitted")

    def poll(self, seconds: float) -> Sequence[FileOutcome]:
        return []

    def close(self) -> None:
        self.closed = True


def test_workers_are_started_once_and_taken_once() -> None:
    spare, made = SpareWorkers(), [Idle(), Idle(), Idle()]
    left = iter(made)
    for _ in range(2):
        spare.prepare("one", lambda: next(left))
    assert spare.take("two") is None, "they can do something else"
    assert spare.take("one") is made[0]
    assert spare.take("one") is None
    spare.close()
    assert not made[0].closed, "whoever took them ends them"
    spare.prepare("one", lambda: next(left))
    spare.prepare("two", lambda: next(left))
    assert [one.closed for one in made] == [False, True, False]
    spare.close()
    assert made[2].closed
    assert spare.take("two") is None


def test_workers_that_died_are_neither_kept_nor_handed_on() -> None:
    spare, made = SpareWorkers(), [Idle(), Idle()]
    left = iter(made)
    spare.prepare("one", lambda: next(left))
    made[0].alive = False
    spare.prepare("one", lambda: next(left))
    assert (made[0].closed, made[1].closed) == (True, False)
    made[1].alive = False
    assert spare.take("one") is None
    assert made[1].closed


def test_a_process_that_was_killed_is_not_alive() -> None:
    workers = LocalWorkers(StubWork(), 2, FileLimits())
    try:
        assert workers.alive
        process = workers._workers[1].process
        process.kill()
        process.join()
        assert not workers.alive
    finally:
        workers.close()


def test_what_workers_judge_with_is_known_by_the_files_that_they_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(tmp_path))
    monkeypatch.setattr(status, "build_network", lambda *_, **__: pytest.fail("loaded"))
    settings = BatchSettings("meso4-df")
    with pytest.raises(InputError, match="the weights of meso4-df are missing"):
        workers_key(settings)
    keys = []
    calibration = user_calibration_path("meso4-df")
    for path, content in ((tmp_path / "meso4-df.pth", "a"), (tmp_path / "meso4-df.pth", "b"), (calibration, "{}")):
        path.parent.mkdir(exist_ok=True)
        atomic_write(path, content)
        keys.append(workers_key(settings))
        assert workers_key(settings) == keys[-1]
    calibration.unlink()
    assert workers_key(settings) == keys[1]
    assert len({*keys, workers_key(replace(settings, frames=3))}) == 4


def test_workers_are_started_before_a_model_is_loaded_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model of the worker is then loaded while the server reads its own."""
    monkeypatch.setattr(pipeline, "load_detector", lambda *_: pytest.fail("loaded"))
    workers = judging_workers(BatchSettings(), 1)
    try:
        assert not workers.ready
        assert workers.room > 0
    finally:
        workers.close()
