"""Store a case's log in SQLite. WAL mode, synchronous FULL, one writer at a time.

The standard library's sqlite3 and not SQLAlchemy: two tables and a handful of statements, and the transaction (BEGIN
IMMEDIATE), the pragmas and the error codes have to be in our own hands.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ..types import InputError
from ..types.foreign_json import parse_json
from .chain import START, LogEntry, digest, hash_of_row, utc_now
from .signing import Signer

FIRST, FORMAT = 1, 2  # of cases and bundles; FORMAT has records of pages with weights, and a newer one is refused
APPLICATION = 0x50524F53  # "PROS", in the header of the file
WAIT = 10.0  # seconds for another writer
SCHEMA = (
    "CREATE TABLE subjects (hash TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE entries (sequence INTEGER PRIMARY KEY, utc TEXT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, "
    "subject TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL, key TEXT NOT NULL, signature TEXT NOT NULL)",
)
INSERT = "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
SELECT = (
    "SELECT e.sequence, e.utc, e.actor, e.action, e.subject, e.previous, coalesce(s.text, ''), e.hash, e.key, "
    "e.signature FROM entries e LEFT JOIN subjects s ON s.hash = e.subject ORDER BY e.sequence"
)
SENTENCES = {
    sqlite3.SQLITE_BUSY: "is being written by another program; nothing was changed, try again in a moment",
    sqlite3.SQLITE_LOCKED: "is being written by another program; nothing was changed, try again in a moment",
    sqlite3.SQLITE_FULL: "cannot be written: the disk is full; nothing was changed",
    sqlite3.SQLITE_READONLY: "cannot be written: it is read-only; nothing was changed",
    sqlite3.SQLITE_IOERR: "cannot be read or written: the disk failed or is full; what was logged before is kept",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; a file that this program may read and write is wanted",
    sqlite3.SQLITE_CORRUPT: "is damaged",
    sqlite3.SQLITE_NOTADB: "is no log of a case",
}


@contextlib.contextmanager
def in_words(name: str) -> Iterator[None]:
    """Turn an error of SQLite about a log into a sentence."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        raise InputError(f"the log {name} {SENTENCES.get(code, f'is damaged ({error})')}") from error


@contextlib.contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a connection inside of a transaction that no other writer shares.

    Whatever leaves the block by an error leaves nothing in the log.
    """
    with in_words(path.name), contextlib.closing(_connect(str(path))) as log:
        log.execute("BEGIN IMMEDIATE")
        try:
            yield log
        except BaseException:
            log.rollback()
            raise
        log.commit()


def begin_log(log: sqlite3.Connection, version: int = FIRST) -> None:
    """Make the tables inside of the running transaction, with the first entry."""
    for statement in (*SCHEMA, f"PRAGMA user_version = {version}", f"PRAGMA application_id = {APPLICATION}"):
        log.execute(statement)


def format_of(entries: Iterable[LogEntry]) -> int:
    """Return the oldest format that has such entries."""
    return FORMAT if any(one.action == "record" and _has_weights(one.text) for one in entries) else FIRST


def _has_weights(text: str) -> bool:
    try:
        return "weights" in parse_json(text)
    except (ValueError, TypeError):  # damaged, and named by who reads it
        return False


def check_format(log: sqlite3.Connection, name: str) -> None:
    """Refuse a log of a newer version, or one that is no case's."""
    (version,) = log.execute("PRAGMA user_version").fetchone()
    if version > FORMAT:
        raise InputError(
            f"{name} is a case of format {version}, made by a newer version; this one reads up to {FORMAT}"
        )
    if version < 1:
        raise InputError(f"{name} is no case: its log is empty; one is made with: python -m core case new")


def log_format(path: Path) -> int:
    """Return the format that a log says it has; nobody writes it meanwhile."""
    with in_words(path.name), contextlib.closing(_connect_reader(path, True)) as log:
        return int(log.execute("PRAGMA user_version").fetchone()[0])


def last_entry(log: sqlite3.Connection) -> tuple[int, str]:
    """Return the number of entries and the hash of the last."""
    found = log.execute("SELECT sequence, hash FROM entries ORDER BY sequence DESC LIMIT 1").fetchone()
    return found or (0, START)


def append_entry(log: sqlite3.Connection, signer: Signer, actor: str, action: str, text: str) -> LogEntry:
    """Append an entry inside of the running transaction.

    Args:
        log: the connection, in a transaction.
        signer: of this program.
        actor: who did it.
        action: one word.
        text: what was done, canonical JSON.
    """
    sequence, previous = last_entry(log)
    subject = digest(text)
    log.execute("INSERT OR IGNORE INTO subjects VALUES (?, ?)", (subject, text))
    now = utc_now()
    row = (sequence + 1, now, actor, action, subject, previous)
    own = hash_of_row(*row)
    entry = LogEntry(*row, text, own, signer.key, signer.sign(own.encode()))
    log.execute(INSERT, (*row, own, entry.key, entry.signature))
    if log.execute("PRAGMA user_version").fetchone()[0] < (version := format_of([entry])):
        log.execute(f"PRAGMA user_version = {version}")
    return entry


def read_log(path: Path, *, frozen: bool = False) -> list[LogEntry]:
    """Read all entries without changing anything.

    With `frozen` nobody writes the file meanwhile: it is then read by itself, without a write-ahead log. Raises
    `InputError` where it is damaged, newer, or no log.
    """
    with in_words(path.name), contextlib.closing(_connect_reader(path, frozen)) as log:
        check_format(log, path.name)
        _check_schema(log, path.name)
        return [LogEntry(*row) for row in log.execute(SELECT)]


def unused_subjects(path: Path) -> list[str]:
    """Return the hashes of texts that no entry names: no writer leaves any."""
    unused = "SELECT hash FROM subjects WHERE hash NOT IN (SELECT subject FROM entries)"
    with in_words(path.name), contextlib.closing(_connect_reader(path, False)) as log:
        return [str(sha256) for (sha256,) in log.execute(unused)]


def write_log_copy(entries: Sequence[LogEntry], to: Path) -> None:
    """Write entries into a new file that depends on nothing but them."""
    with in_words(to.name), contextlib.closing(sqlite3.connect(to, isolation_level=None)) as log:
        log.execute("PRAGMA page_size = 4096")
        log.execute("BEGIN")
        begin_log(log, format_of(entries))
        for entry in entries:
            log.execute("INSERT OR IGNORE INTO subjects VALUES (?, ?)", (entry.subject, entry.text))
            row = (entry.sequence, entry.utc, entry.actor, entry.action, entry.subject, entry.previous)
            log.execute(INSERT, (*row, entry.hash, entry.key, entry.signature))
        log.execute("COMMIT")


def _connect(path: str) -> sqlite3.Connection:
    log = sqlite3.connect(path, timeout=WAIT, isolation_level=None)
    log.execute("PRAGMA journal_mode = WAL")
    log.execute("PRAGMA synchronous = FULL")
    log.execute("PRAGMA trusted_schema = OFF")
    return log


def _connect_reader(path: Path, frozen: bool) -> sqlite3.Connection:
    uri = path.resolve().as_uri()
    if not frozen:
        log = sqlite3.connect(f"{uri}?mode=ro", uri=True, timeout=WAIT, isolation_level=None)
        with contextlib.suppress(sqlite3.OperationalError):
            log.execute("PRAGMA user_version").fetchone()
            return log
        log.close()  # a folder in which SQLite cannot put its index of the write-ahead log
        waiting = path.with_name(f"{path.name}-wal")
        if waiting.exists() and waiting.stat().st_size:
            raise InputError(f"the log {path.name} has entries in {waiting.name} that cannot be read in this folder")
    log = sqlite3.connect(f"{uri}?immutable=1", uri=True, isolation_level=None)
    log.execute("PRAGMA trusted_schema = OFF")
    return log


def _check_schema(log: sqlite3.Connection, name: str) -> None:
    """Refuse tables, triggers and views that this program did not make."""
    found = {sql for (sql,) in log.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}
    if found != set(SCHEMA):
        raise InputError(f"the log {name} is damaged: its tables are not those of a case")
