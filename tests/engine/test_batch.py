"""A batch over bad files, links, names and tables: each a sentence, nothing lost, nothing done twice."""

from __future__ import annotations

import csv
import io
import json
import os
import sqlite3
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.parquet
import pytest

from core.engine import batch_run, job_table
from core.engine.batch_files import NOT_REGULAR, OUT_OF_FOLDER, file_key, list_files
from core.engine.batch_run import Batch, run_batch
from core.engine.executor import TWICE, FileLimits
from core.engine.job_table import JobTable
from core.engine.lease_owner import new_owner
from core.output.batch_table import counts_record, rows_csv, states_record, write_parquet
from core.progress import Progress
from core.selftest.stub_work import StubWork
from core.types import InputError
from core.types.file_rows import COLUMNS, FileFindings, FileOutcome, FileRow, FileTask

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


def add_all(table: JobTable, batch: Batch, version: str = "v1") -> None:
    listed = [(file, file_key(str(file.sha256), version, "{}")) for file in list_files(batch.places)]
    table.add(listed, "{}")


def test_leases_of_a_dead_runner_are_taken_over_and_those_of_a_live_one_are_not(batch: Batch) -> None:
    run_batch(batch, StopAfter(1))
    dead = "|".join([new_owner().split("|")[0], "999999999", "x"])
    with JobTable(batch.table) as table:
        assert table.claim(new_owner(), "{}", 9) == [], "no file was added yet"
        add_all(table, batch, "v2")
        assert len(table.claim("another version", "{}", 9)) == 7
        add_all(table, batch)
        assert len(table.claim(dead, "{}", 2)) == 2
        assert len(table.claim(new_owner(), "{}", 9)) == 6, "those of the dead one among them"
        assert table.claim(new_owner(), "{}", 9) == [], "this process lives"
        table._db.execute("UPDATE jobs SET until = ?", (time.time() - 1,))
        assert len(table.claim(new_owner(), "{}", 20)) == 13, "their lease has run out"


@dataclass
class Versioned(StubWork):
    """Say in each record which code has worked."""

    version: str = ""

    def __call__(self, task: FileTask) -> FileFindings:
        return replace(super().__call__(task), record=json.dumps(self.version))


def test_a_stopped_run_that_goes_on_with_new_code_and_fewer_files_does_nothing_of_the_old(
    batch: Batch, folder: Path
) -> None:
    old = replace(batch, work=Versioned(version="v1"))
    assert run_batch(old, StopAfter(3)).left == 4
    for name in (FORMULA, "two.jpg"):
        (folder / name).unlink()
    new = replace(batch, version="v2", work=Versioned(version="v2"))
    found = run_batch(new)
    assert (found.files, found.done, found.failed, found.skipped, found.left) == (5, 3, 2, 0, 0)
    with JobTable(batch.table) as table:
        keys = {file_key(str(file.sha256), "v2", "{}") for file in list_files(batch.places)}
        said = dict(table._db.execute("SELECT key, record FROM jobs WHERE state = 'done'"))
        assert {key for key, record in said.items() if record == '"v2"'} < keys
        assert {row.key for row in table.rows() if row.state in ("done", "failed")} >= keys
        waiting = table._db.execute("SELECT count(*) FROM jobs WHERE state = 'waiting'").fetchone()[0]
        assert waiting == 4, "what the old run had left"
    again = run_batch(new)
    assert (again.done, again.failed, again.skipped) == (0, 0, 5)


def test_a_runner_whose_lease_ran_out_fails_no_file(batch: Batch) -> None:
    with JobTable(batch.table, create=True) as table:
        add_all(table, batch)
        slow, other = new_owner(), new_owner()
        third, task, second = table.claim(slow, "{}", 3)
        table._db.execute("UPDATE jobs SET until = 0 WHERE state = 'running'")
        assert len(table.claim(other, "{}", 3)) == 3
        late = [FileOutcome(task.key, None, "late"), FileOutcome(second.key, None, TWICE, died=True)]
        assert table.finish(late, slow) == [task.key, second.key], "somebody else has them"
        assert table.finish([FileOutcome(third.key, StubWork()(third))], slow) == [], "findings are findings"
        assert set(table.states([task.key, second.key]).values()) == {"running"}
        assert table.finish([FileOutcome(second.key, None, TWICE, died=True)], other) == [second.key], "its first"
        assert table.finish([FileOutcome(third.key, None, "late")], other) == []
        assert table.states([third.key, second.key]) == {third.key: "done", second.key: "waiting"}


class BesideAnother(StubWork):
    """Let another runner take a file over while it is judged, once, and fail here."""

    table: Path
    lost: bool = False

    def __call__(self, task: FileTask) -> FileFindings:
        if not self.lost:
            self.lost = True
            with sqlite3.connect(self.table) as other:
                other.execute("UPDATE jobs SET owner = 'elsewhere', until = 0 WHERE key = ?", (task.key,))
            raise InputError("it failed for want of time")
        return super().__call__(task)


def test_a_run_waits_for_files_that_another_runner_took_over(batch: Batch) -> None:
    work = BesideAnother()
    work.table = batch.table
    found = run_batch(replace(batch, work=work))
    assert (found.done, found.failed, found.left) == (5, 2, 0), "no row says that it failed for want of time"
    assert work.lost


def test_a_long_task_keeps_its_lease(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file takes longer than a lease; an owner elsewhere asks for it all the time."""
    monkeypatch.setattr(job_table, "LEASE", 0.4)
    monkeypatch.setattr(batch_run, "LEASE", 0.4)
    (batch.places[0] / "one.jpg").write_text("waits for long")
    taken: list[FileTask] = []

    class Slow:
        """Take a second for a file, like a worker elsewhere."""

        room, due, task = 1, 0.0, FileTask("", "", Path(), "")

        def submit(self, task: FileTask) -> None:
            self.task, self.due, self.room = task, time.monotonic() + 1.0 * (task.name == "one.jpg"), 0

        def poll(self, seconds: float) -> list[FileOutcome]:
            if self.room:
                return []
            with JobTable(batch.table) as table:
                add_all(table, replace(batch, places=[self.task.path]))
                taken.extend(table.claim("elsewhere|1|x", "{}", 9))
            if time.monotonic() < self.due:
                time.sleep(0.05)
                return []
            self.room = 1
            return [FileOutcome(self.task.key, StubWork()(self.task))]

        def close(self) -> None:
            pass

    assert run_batch(replace(batch, places=[batch.places[0] / "one.jpg"], started=Slow())).done == 1
    assert not taken


def test_what_is_committed_survives_a_power_cut(batch: Batch) -> None:
    with JobTable(batch.table, create=True) as table:
        found = [table._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    assert found == ["wal", 2], "2 is FULL: each commit waits for the disk"


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
