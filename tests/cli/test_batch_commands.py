"""The commands of a batch: their options, keys and columns to the letter."""

from __future__ import annotations

import csv
import errno
import hashlib
import json
import os
from pathlib import Path

import pyarrow.parquet
import pytest
from typer.testing import CliRunner

from core.__main__ import app
from core.engine import batch_run
from core.engine.batch_run import Batch, run_batch
from core.selftest.stub_work import StubWork
from core.storage import files
from core.types import InputError
from core.types.file_rows import BatchCounts

HEAD = "sha256,name,kind,faces,label,p_fake,p_low,p_high,attack_label,provenance,state,reason"


def batch(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["batch", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def table(tmp_path: Path) -> Path:
    (tmp_path / "media").mkdir()
    for name in ("1.jpg", "broken.jpg"):
        (tmp_path / "media" / name).write_text(name)
    run_batch(Batch([tmp_path / "media"], tmp_path / "jobs.db", "v1", "{}", StubWork(), executor="inline"))
    return tmp_path / "jobs.db"


def test_status_and_export(table: Path, tmp_path: Path) -> None:
    found = json.loads(batch("status", table, "--json"))
    assert (found["done"], found["failed"], found["waiting"], found["running"]) == (1, 1, 0, 0)
    batch("export", table, "--csv", tmp_path / "rows.csv", "--parquet", tmp_path / "rows.parquet")
    with (tmp_path / "rows.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert ",".join(rows[0]) == HEAD
    assert ",".join(pyarrow.parquet.read_table(tmp_path / "rows.parquet").column_names) == HEAD
    assert [(row["name"], row["state"], row["reason"]) for row in rows] == [
        ("1.jpg", "done", ""),
        ("broken.jpg", "failed", "broken.jpg is broken"),
    ]
    with pytest.raises(InputError, match="--csv FILE, --parquet FILE or --out DIR; none came"):
        batch("export", table)


def test_export_writes_a_folder_for_each_finished_file(table: Path, tmp_path: Path) -> None:
    batch("export", table, "--out", tmp_path / "all" / "results")
    (folder,) = (tmp_path / "all" / "results").iterdir()
    assert folder.name.startswith(f"{hashlib.sha256(b'1.jpg').hexdigest()}-")
    assert {one.name: json.loads(one.read_text()) for one in folder.iterdir()} == {"record.json": {}}
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=f"could not be written: .*; {table.name} has all rows"):
        batch("export", table, "--out", tmp_path / "file")


@pytest.mark.parametrize("form", ["--csv", "--parquet"])
def test_an_export_to_a_full_disk_is_a_sentence(
    form: str, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "rows").write_text("before")
    monkeypatch.setattr(files, "_flush", full)
    with pytest.raises(InputError, match=f"rows could not be written: No space left .*; {table.name} has all rows"):
        batch("export", table, form, tmp_path / "rows")
    assert (tmp_path / "rows").read_text() == "before"


@pytest.mark.parametrize("form", ["--csv", "--parquet"])
def test_an_export_never_replaces_a_pipe(form: str, table: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="pipe is a pipe; a new name, or that of a regular file, is needed"):
        batch("export", table, form, tmp_path / "pipe")
    assert (tmp_path / "pipe").is_fifo()


def test_run_hands_all_its_options_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Batch] = []

    def run(given: Batch, _: object) -> BatchCounts:
        seen.append(given)
        return BatchCounts(3, 1, 1, 1, 0, 0.5)

    monkeypatch.setattr(batch_run, "run_batch", run)
    options = ["--executor", "ray", "--address", "10.0.0.1:6379", "--workers", "3", "--frames", "5"]
    more = [
        "--attack",
        "fgsm",
        "--maps",
        "saliency",
        "--seconds",
        "9",
        "--memory",
        "512",
        "--again",
        "--signature",
        "--json",
    ]
    found = json.loads(batch("run", tmp_path, "--out", tmp_path / "x.db", *options, *more))
    assert found == {"files": 3, "done": 1, "failed": 1, "skipped": 1, "seconds": 0.5}
    (given,) = seen
    assert (given.executor, given.address, given.workers, given.again) == ("ray", "10.0.0.1:6379", 3, True)
    assert (given.limits.seconds, given.limits.memory, given.places) == (9, 512, [tmp_path])
    settings = json.loads(given.settings)
    assert (settings["frames"], settings["attack"], settings["maps"]) == (5, "fgsm", ["saliency"])
    assert (settings["signature"], settings["keep_faces"]) == (True, True)
    assert given.table == tmp_path / "x.db"
