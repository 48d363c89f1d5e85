"""Ray actors do what local processes do: equal tables, on loopback alone, bad files and missing contents included."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest

from core.engine import ray_workers
from core.engine.batch_run import Batch, run_batch
from core.engine.executor import FileLimits
from core.engine.job_table import JobTable
from core.engine.ray_workers import RayWorkers
from core.output.batch_table import rows_csv
from core.selftest.stub_work import StubWork
from core.types import InputError
from core.types.file_rows import FileTask


@pytest.fixture
def batch(tmp_path: Path) -> Batch:
    (tmp_path / "media").mkdir()
    for name in ("1", "2", "broken", "bug", "kill", "huge"):
        (tmp_path / "media" / f"{name}.jpg").write_text(name)
    return Batch([tmp_path / "media"], tmp_path / "local.db", "v1", "{}", StubWork(), limits=FileLimits(5, 512))


def table_of(batch: Batch) -> str:
    with JobTable(batch.table) as table:
        return rows_csv(table.rows())


def test_ray_is_an_extra(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match="pip install ray; without it, --executor local does the same"):
        run_batch(replace(batch, executor="ray"))
    monkeypatch.setitem(sys.modules, "ray", ModuleType("ray"))
    with pytest.raises(InputError, match="no Ray cluster answers at 127.0.0.1:1"):
        run_batch(replace(batch, executor="ray", address="127.0.0.1:1"))
    with pytest.raises(InputError, match="an address is one of a Ray cluster; the executor here is local"):
        replace(batch, address="10.0.0.1:6379")


@pytest.mark.slow
@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")
def test_both_executors_give_equal_tables(batch: Batch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_batch(batch)
    started, init = list[RayWorkers](), RayWorkers.__init__

    def watched(self: RayWorkers, *args: object) -> None:
        init(self, *args)  # type: ignore[arg-type]
        started.append(self)
        assert {node["NodeManagerAddress"] for node in self._ray.nodes()} == {"127.0.0.1"}
        assert _outcome_of_a_file_that_is_not_there(self, tmp_path) == "by content is broken"

    monkeypatch.setattr(RayWorkers, "__init__", watched)
    other = replace(batch, executor="ray", table=tmp_path / "ray.db")
    found = run_batch(other)
    assert (found.files, found.done, found.failed) == (6, 2, 4)
    assert table_of(other) == table_of(batch)
    assert len(started) == 1
    assert started[0]._folder
    assert not Path(started[0]._folder).exists()


def _outcome_of_a_file_that_is_not_there(workers: RayWorkers, folder: Path) -> str | None:
    """The actor has another file at that path, as on a cluster: it is sent the content."""
    (folder / "elsewhere").write_text("broken, but read here")
    workers.submit(FileTask("key", "0" * 64, folder / "elsewhere", "by content"))
    due = time.monotonic() + 60
    while time.monotonic() < due:
        for outcome in workers.poll(1):
            return outcome.reason
    return "nothing came"


def test_an_actor_asks_for_what_it_cannot_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_workers, "limit_memory", lambda _: None)  # this process is no actor's
    (tmp_path / "a").write_text("a")
    task = FileTask("key", "0" * 64, tmp_path / "a", "a")
    judge = ray_workers._RayJudge(StubWork(), FileLimits())
    assert judge.do(task) is None
    assert judge.do(replace(task, path=tmp_path / "none")) is None
    outcome = judge.do(replace(task, content=b"broken"))
    assert outcome
    assert outcome.reason == "a is broken"
