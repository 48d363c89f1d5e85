"""Keep a batch in SQLite, the truth whatever happens to workers."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from ..types import InputError
from ..types.file_rows import FileFindings, FileOutcome, FileRow, FileTask
from .batch_files import ListedFile
from .lease_owner import is_gone

APPLICATION, VERSION = 0x50726F73, 1
LEASE = 60.0  # seconds that a claimed file stays with its runner after the last sign of life
MAX_KILLS = 2  # workers that one file may end
BUSY = 20.0  # seconds to wait for another program that writes
_SCHEMA = """
CREATE TABLE files (number INTEGER PRIMARY KEY, place BLOB NOT NULL UNIQUE, name TEXT NOT NULL, sha256 TEXT, key TEXT,
    state TEXT, reason TEXT, mark TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '');
CREATE TABLE jobs (key TEXT PRIMARY KEY, sha256 TEXT NOT NULL, place BLOB NOT NULL, name TEXT NOT NULL,
    settings TEXT NOT NULL, state TEXT NOT NULL, kills INTEGER NOT NULL DEFAULT 0, owner TEXT, until REAL, reason TEXT,
    kind TEXT, faces INTEGER, band TEXT, label TEXT, p_fake REAL, p_low REAL, p_high REAL, attack_label TEXT,
    provenance TEXT, record TEXT);
CREATE TABLE artefacts (key TEXT NOT NULL, name TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (key, name));
CREATE INDEX jobs_by_state ON jobs (state, settings);
"""
_BY_CONTENT = "CREATE INDEX IF NOT EXISTS jobs_by_content ON jobs (sha256)"  # tables of earlier releases have none
_WITH_FACES = """SELECT key FROM jobs JOIN artefacts USING (key)
    WHERE sha256 = ? AND state = 'done' AND artefacts.name = 'faces' ORDER BY jobs.rowid"""
_ROW = """SELECT f.sha256, f.name, j.kind, j.faces, j.label, j.p_fake, j.p_low, j.p_high, j.attack_label, j.provenance,
    COALESCE(f.state, j.state), COALESCE(f.reason, j.reason), j.band, f.key, f.mark, f.note, f.place
    FROM files f LEFT JOIN jobs j ON j.key = f.key ORDER BY f.number"""
_COLUMNS = tuple(one.name for one in fields(FileRow))[:-1]
_FOUND = ("kind", "faces", "band", "label", "p_fake", "p_low", "p_high", "attack_label", "provenance", "record")


class JobTable:
    """Hold the files of a batch, their jobs and results.

    Several runners may share it; each leases only jobs of the files that it has added itself, as what else waits may
    be of another detector, code or folder. SQLite in WAL mode, synchronous FULL: what was committed survives kill -9
    and power cuts; Python's own `sqlite3`, as these are six statements on three tables.
    """

    def __init__(self, path: Path, *, create: bool = False, busy: float = BUSY) -> None:
        if not create and not path.is_file():
            raise InputError(f"there is no job table at {path}; `batch run DIR --out {path.name}` makes one")
        self.path = path
        with self._explained():
            self._db = sqlite3.connect(path, timeout=busy, isolation_level=None, check_same_thread=False)
        try:
            with self._explained():
                self._prepare()
        except BaseException:
            self._db.close()
            raise

    def _prepare(self) -> None:
        application = self._db.execute("PRAGMA application_id").fetchone()[0]
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        tables = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if tables and application != APPLICATION:
            raise InputError(f"{self.path} is a database of another program; a job table of `batch run` is needed")
        if tables and version > VERSION:
            raise InputError(f"{self.path} is of a newer version ({version}) of this program, which knows {VERSION}")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA temp_store = MEMORY")
        self._db.execute("CREATE TEMP TABLE own (key TEXT PRIMARY KEY)")  # of this object alone: jobs it may lease
        if not tables:
            with self.writing():
                if not self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                    for statement in _SCHEMA.split(";\n"):
                        self._db.execute(statement)
                    self._db.execute(f"PRAGMA application_id = {APPLICATION}")
                    self._db.execute(f"PRAGMA user_version = {VERSION}")

    def __enter__(self) -> JobTable:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the only right to write: all of the block is kept, or nothing."""
        with self._explained():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):  # a full disk has rolled back already
                    self._db.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            said = str(error)
            why = "another program holds it locked" if "locked" in said else said
            raise InputError(f"the job table {self.path} cannot be used: {why}; what was done is kept") from error

    def add(self, listed: Iterable[tuple[ListedFile, str | None]], settings: str, *, again: bool = False) -> None:
        """Note files with their jobs' keys; a finished job stays as it is.

        Args:
            listed: files with keys, None for one that is not judged.
            settings: of all jobs, as text.
            again: whether failed jobs are tried once more.
        """
        with self.writing():
            self._db.execute(_BY_CONTENT)
            for file, key in listed:
                place = os.fsencode(file.path)
                state = None if key else file.state
                self._db.execute(
                    "INSERT INTO files (place, name, sha256, key, state, reason) VALUES (?, ?, ?, ?, ?, ?) "
                    "ON CONFLICT (place) DO UPDATE SET name = excluded.name, sha256 = excluded.sha256, "
                    "key = excluded.key, state = excluded.state, reason = excluded.reason",
                    (place, file.name, file.sha256, key, state, file.reason),
                )
                if key:
                    self._db.execute("INSERT OR IGNORE INTO own VALUES (?)", (key,))
                    self._db.execute(
                        "INSERT INTO jobs (key, sha256, place, name, settings, state) VALUES (?, ?, ?, ?, ?, 'waiting')"
                        " ON CONFLICT (key) DO UPDATE SET place = excluded.place, name = excluded.name",
                        (key, file.sha256, place, file.name, settings),
                    )
                    if again:
                        self._db.execute(
                            "UPDATE jobs SET state = 'waiting', kills = 0, reason = NULL "
                            "WHERE key = ? AND state = 'failed'",
                            (key,),
                        )

    def claim(self, owner: str, settings: str, count: int) -> list[FileTask]:
        """Lease up to `count` waiting jobs of added files.

        Those of runners that are gone are among them.
        """
        now = time.time()
        with self.writing():
            for key, other, until in self._db.execute(
                "SELECT key, owner, until FROM jobs WHERE state = 'running' AND owner <> ?", (owner,)
            ).fetchall():
                if until < now or is_gone(other):
                    self._db.execute("UPDATE jobs SET state = 'waiting', owner = NULL WHERE key = ?", (key,))
            found = self._db.execute(
                "SELECT key, sha256, place, name FROM jobs WHERE state = 'waiting' AND settings = ? "
                "AND key IN (SELECT key FROM own) ORDER BY rowid LIMIT ?",
                (settings, count),
            ).fetchall()
            self._db.executemany(
                "UPDATE jobs SET state = 'running', owner = ?, until = ? WHERE key = ?",
                [(owner, now + LEASE, row[0]) for row in found],
            )
            kept = {sha256 for _, sha256, _, _ in found if self._one(_WITH_FACES, sha256)}
        return [
            FileTask(key, sha256, Path(os.fsdecode(place)), name, table=self.path if sha256 in kept else None)
            for key, sha256, place, name in found
        ]

    def beat(self, owner: str) -> None:
        """Show a sign of life: the leases of `owner` are renewed."""
        with self.writing():
            self._db.execute(
                "UPDATE jobs SET until = ? WHERE owner = ? AND state = 'running'", (time.time() + LEASE, owner)
            )

    def release(self, owner: str) -> None:
        """Give the jobs of `owner` back, unfinished."""
        with self.writing():
            self._db.execute(
                "UPDATE jobs SET state = 'waiting', owner = NULL WHERE owner = ? AND state = 'running'", (owner,)
            )

    def finish(self, outcomes: Sequence[FileOutcome], owner: str) -> list[str]:
        """Keep outcomes; return the keys of jobs that are not finished by them.

        Those are tried again, as only one worker died, or have another owner by now, as the lease had run out: then a
        failure says nothing, but findings are kept, whoever has them.
        """
        left = []
        with self.writing():
            for outcome in outcomes:
                if outcome.findings:
                    self._keep(outcome.key, outcome.findings)
                elif not self._fail(outcome, owner):
                    left.append(outcome.key)
        return left

    def _fail(self, outcome: FileOutcome, owner: str) -> bool:
        """Note a failure of the lease's owner; return whether the job is finished."""
        state, kills, other = self._db.execute(
            "SELECT state, kills, owner FROM jobs WHERE key = ?", (outcome.key,)
        ).fetchone()
        if state != "running" or other != owner:
            return state in ("done", "failed")
        kills += outcome.died
        final = not outcome.died or kills >= MAX_KILLS
        self._db.execute(
            "UPDATE jobs SET state = ?, kills = ?, reason = ?, owner = NULL WHERE key = ?",
            ("failed" if final else "waiting", kills, outcome.reason if final else None, outcome.key),
        )
        return final

    def _keep(self, key: str, found: FileFindings) -> None:
        values = [getattr(found, name) for name in _FOUND]
        names = ", ".join(f"{name} = ?" for name in _FOUND)
        self._db.execute(
            f"UPDATE jobs SET state = 'done', owner = NULL, reason = ?, {names} WHERE key = ?",
            (found.reason, *values, key),
        )
        self._db.executemany(
            "INSERT OR REPLACE INTO artefacts (key, name, data) VALUES (?, ?, ?)",
            [(key, name, data) for name, data in found.artefacts.items()],
        )

    def rows(self) -> list[FileRow]:
        """Return one row a file, in the order in which files were listed."""
        with self._explained():
            found = self._db.execute(_ROW).fetchall()
        return [FileRow(**dict(zip(_COLUMNS, row, strict=False)), path=Path(os.fsdecode(row[-1]))) for row in found]

    def files(self) -> int:
        """Count the files, judged or not."""
        return int(self._one("SELECT count(*) FROM files"))

    def states(self, keys: Iterable[str]) -> dict[str, str]:
        """Return the state of jobs by their keys."""
        with self._explained():
            known = dict(self._db.execute("SELECT key, state FROM jobs"))
        return {key: known[key] for key in keys if key in known}

    def judged_by(self) -> list[tuple[str, str]]:
        """Return settings, as `add` was given them, and detector's version of the finished jobs, each pair once."""
        with self._explained():
            found = self._db.execute(
                "SELECT DISTINCT settings, coalesce(json_extract(record, '$.judged_by'), '') FROM jobs "
                "WHERE state = 'done' ORDER BY 1, 2"
            ).fetchall()
        return [(str(settings), str(version)) for settings, version in found]

    def record(self, key: str) -> str | None:
        """Return a finished job's whole result as JSON, or None."""
        return self._one("SELECT record FROM jobs WHERE key = ?", key)

    def artefact(self, key: str, name: str) -> bytes | None:
        """Return a file that a job left, or None."""
        return self._one("SELECT data FROM artefacts WHERE key = ? AND name = ?", key, name)

    def with_faces(self, sha256: str) -> list[str]:
        """Return the keys of finished jobs that have kept a file's faces."""
        with self._explained():
            return [key for (key,) in self._db.execute(_WITH_FACES, (sha256,))]

    def pictures_and_maps(self, key: str) -> dict[str, bytes]:
        """Return the PNG and NPY files that a job left, by name."""
        with self._explained():
            found = self._db.execute(
                "SELECT name, data FROM artefacts WHERE key = ? AND substr(name, -4) IN ('.png', '.npy') ORDER BY name",
                (key,),
            ).fetchall()
        return dict(found)

    def mark(self, path: Path, *, mark: str | None = None, note: str | None = None) -> None:
        """Set a person's mark or note on a file.

        None leaves it as it is.
        """
        with self.writing():
            self._db.execute(
                "UPDATE files SET mark = COALESCE(?, mark), note = COALESCE(?, note) WHERE place = ?",
                (mark, note, os.fsencode(path)),
            )

    def _one(self, statement: str, *values: str) -> Any:
        with self._explained():
            found = self._db.execute(statement, values).fetchone()
        return found[0] if found else None
