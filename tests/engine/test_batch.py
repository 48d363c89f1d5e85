"""A batch over bad files, links, names and tables: each a sentence, nothing lost, nothing done twice."""

from __future__ import annotations

import csv
import io
import os
import sqlite3
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet
import pytest

from core.engine.batch_files import NOT_REGULAR, OUT_OF_FOLDER
from core.engine.batch_run import Batch, run_batch
from core.engine.executor import FileLimits
from core.engine.job_table import JobTable
from core.engine.lease_owner import new_owner
from core.output.batch_table import counts_record, rows_csv, states_record, write_parquet
from core.progress import Progress
from core.selftest.stub_work import StubWork
from core.types import InputError
from core.types.file_rows import COLUMNS, FileRow

NEWLINE, FORMULA = "a\nb.jpg", "=1+1.jpg"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "media"
    (made / "below").mkdir(parents=True)
    texts = {"one.jpg": "1", "two.jpg": "2", NEWLINE: "3", FORMULA: "4", "below/one.jpg": "5", "broken.jpg": "broken"}
    for name, text in {**texts, "bug.jpg": "bug"}.items():
        (made / name).write_text(text)
    return made


@pytest.fixture
def batch(folder: Path, tmp_path: Path) -> Batch:
    return Batch(
        [folder], tmp_path / "jobs.db", "v1", "{}", StubWork(str(tmp_path / "log")), executor="inline", workers=1
    )


def rows_of(batch: Batch) -> dict[str, FileRow]:
    with JobTable(batch.table) as table:
        return {row.name: row for row in table.rows()}


def worked(batch: Batch) -> Counter[str]:
    work = batch.work
    assert isinstance(work, StubWork)
    log = Path(work.log)
    return Counter(log.read_text().splitlines() if log.exists() else [])


def test_every_file_has_a_row_and_a_second_run_touches_nothing(batch: Batch) -> None:
    found = counts_record(run_batch(batch))
    assert list(found) == ["files", "done", "failed", "skipped", "seconds"]
    assert (found["files"], found["done"], found["failed"], found["skipped"]) == (7, 5, 2, 0)
    rows = rows_of(batch)
    assert rows["broken.jpg"].reason == "broken.jpg is broken"
    assert "a fault of the program (KeyError" in str(rows["bug.jpg"].reason)
    assert set(rows) == {"one.jpg", "two.jpg", "a\\nb.jpg", FORMULA, "below/one.jpg", "broken.jpg", "bug.jpg"}
    before = worked(batch)
    again = run_batch(batch)
    assert (again.files, again.done, again.failed, again.skipped) == (7, 0, 0, 7)
    assert worked(batch) == before
    assert run_batch(replace(batch, again=True)).failed == 2


def test_another_detector_and_another_file_add_their_part_only(batch: Batch, folder: Path) -> None:
    run_batch(batch)
    (folder / "new.jpg").write_text("6")
    (folder / "copy.jpg").write_text("1")
    found = run_batch(batch)
    assert (found.files, found.done, found.skipped) == (9, 1, 8), "a copy of a judged file is judged already"
    assert worked(batch)["new.jpg"] == 1
    assert max(worked(batch).values()) == 1
    other = replace(batch, version="v2")
    assert run_batch(other).done == 7
    assert run_batch(batch).done == 0, "what the first detector said is still there"


def test_links_pipes_and_the_table_itself_are_not_judged(batch: Batch, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_text("secret")
    (folder / "out.jpg").symlink_to(tmp_path / "secret.jpg")
    (folder / "in.jpg").symlink_to(folder / "two.jpg")
    (folder / "nowhere.jpg").symlink_to(folder / "missing.jpg")
    os.mkfifo(folder / "pipe.jpg")
    run_batch(replace(batch, table=folder / "jobs.db"))
    rows = rows_of(replace(batch, table=folder / "jobs.db"))
    assert (rows["out.jpg"].state, rows["out.jpg"].reason) == ("skipped", OUT_OF_FOLDER)
    assert (rows["pipe.jpg"].state, rows["pipe.jpg"].reason) == ("skipped", NOT_REGULAR)
    assert rows["in.jpg"].state == "done"
    assert (rows["nowhere.jpg"].state, "cannot be read" in str(rows["nowhere.jpg"].reason)) == ("failed", True)
    assert not any("jobs.db" in name for name in rows)


def test_an_export_has_its_columns_and_no_formula(batch: Batch, tmp_path: Path) -> None:
    run_batch(batch)
    rows = list(rows_of(batch).values())
    text = rows_csv(rows)
    assert len(text.splitlines()) == 8, "one line a file"
    read = list(csv.DictReader(io.StringIO(text)))
    assert tuple(read[0]) == COLUMNS
    assert ",".join(COLUMNS) == (
        "sha256,name,kind,faces,label,p_fake,p_low,p_high,attack_label,provenance,state,reason"
    )
    assert f"'{FORMULA}" in {row["name"] for row in read}
    write_parquet(rows, tmp_path / "rows.parquet")
    table = pyarrow.parquet.read_table(tmp_path / "rows.parquet")
    assert tuple(table.column_names) == COLUMNS
    assert table.column("p_fake").to_pylist() == [row.p_fake and round(row.p_fake, 6) for row in rows]
    assert rows_csv([]).strip() == ",".join(COLUMNS)


class StopAfter(Progress):
    def __init__(self, files: int) -> None:
        self.left = files

    def tell(self, done: int, total: int | None = None, text: str = "") -> None:
        self.left -= bool(total)

    def should_stop(self) -> bool:
        return self.left <= 0


def test_a_stopped_run_goes_on(batch: Batch) -> None:
    found = run_batch(batch, StopAfter(3))
    assert (found.done + found.failed, found.left) == (3, 4)
    with JobTable(batch.table) as table:
        assert states_record(table.rows())["running"] == 0
    assert run_batch(batch).left == 0
    assert set(worked(batch).values()) == {1}


def test_leases_of_a_dead_runner_are_taken_over_and_those_of_a_live_one_are_not(batch: Batch) -> None:
    run_batch(batch, StopAfter(1))
    dead = "|".join([new_owner().split("|")[0], "999999999", "x"])
    with JobTable(batch.table) as table:
        assert len(table.claim(dead, "{}", 2)) == 2
        assert len(table.claim(new_owner(), "{}", 9)) == 6, "those of the dead one among them"
        assert table.claim(new_owner(), "{}", 9) == [], "this process lives"
        table._db.execute("UPDATE jobs SET until = ?", (time.time() - 1,))
        assert len(table.claim(new_owner(), "{}", 9)) == 6, "their lease has run out"


@pytest.mark.slow
def test_workers_survive_files_that_hang_kill_and_eat_memory(batch: Batch, folder: Path) -> None:
    for name in ("hang", "kill", "huge"):
        (folder / f"{name}.jpg").write_text(name)
    found = run_batch(replace(batch, executor="local", limits=FileLimits(1, 512)))
    assert (found.files, found.done, found.failed, found.left) == (10, 5, 5, 0)
    rows = rows_of(batch)
    assert "longer than the 1 s" in str(rows["hang.jpg"].reason)
    assert rows["kill.jpg"].reason == "it ended its worker twice"
    assert rows["huge.jpg"].reason == "it needs more memory than a file may take"
    assert worked(batch)["kill.jpg"] == 2
    assert worked(batch)["one.jpg"] + worked(batch)["below/one.jpg"] >= 2


def test_a_locked_full_or_foreign_table_is_a_sentence(batch: Batch, tmp_path: Path) -> None:
    run_batch(batch)
    with JobTable(batch.table, busy=0.05) as table:
        other = sqlite3.connect(batch.table, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(InputError, match="another program holds it locked; what was done is kept"):
            table.beat("me")
        other.execute("ROLLBACK")
        other.close()
        pages = table._db.execute("PRAGMA page_count").fetchone()[0]
        table._db.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(InputError, match="disk is full; what was done is kept"):
            table.mark(batch.places[0] / "one.jpg", note="x" * 100_000)
    assert run_batch(batch).skipped == 7
    with sqlite3.connect(batch.table) as newer:
        newer.execute("PRAGMA user_version = 9")
    with pytest.raises(InputError, match=r"is of a newer version \(9\) of this program"):
        run_batch(batch)
    (tmp_path / "text.db").write_text("no database at all" * 100)
    with pytest.raises(InputError, match="not a database"):
        JobTable(tmp_path / "text.db")
    with sqlite3.connect(tmp_path / "other.db") as foreign:
        foreign.execute("CREATE TABLE mine (x)")
    with pytest.raises(InputError, match="of another program"):
        JobTable(tmp_path / "other.db")
    with pytest.raises(InputError, match="there is no job table"):
        JobTable(tmp_path / "none.db")


def test_what_cannot_be_run_is_refused(batch: Batch, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        run_batch(replace(batch, places=[tmp_path / "nowhere"]))
    with pytest.raises(InputError, match="local, ray, inline"):
        replace(batch, executor="threads")
    with pytest.raises(InputError, match="1 to 256 workers"):
        replace(batch, workers=0)
