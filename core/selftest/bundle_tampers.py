"""Tamper with evidence bundles, and tell what has to be found where."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..cases.chain import START, hash_of_row
from ..storage.leftovers import temporary_folder

Files = dict[str, bytes]
Random = np.random.Generator
Tamper = Callable[[Files, Random], tuple[str, list[str]]]
Row = list[Any]
LOG, MANIFEST = "log.sqlite", "manifest.json"


def files_of(bundle: Path) -> Files:
    """Read all files of a zip by name."""
    with zipfile.ZipFile(bundle) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: Files, to: Path) -> Path:
    """Pack files into a zip, as somebody would who changed them."""
    with zipfile.ZipFile(to, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return to


def _some(files: Files, rng: Random, *ends: str) -> str:
    """Choose an original, or a result that ends so."""
    found = [name for name in sorted(files) if name.startswith("original/") or name.endswith(ends)]
    return found[rng.integers(len(found))]


def edit_file(files: Files, rng: Random) -> tuple[str, list[str]]:
    """Flip a bit of a file."""
    name = _some(files, rng, ".png", ".npz")
    data = bytearray(files[name])
    data[rng.integers(len(data))] ^= 1 << int(rng.integers(8))
    files[name] = bytes(data)
    return "edited", [name]


def delete_file(files: Files, rng: Random) -> tuple[str, list[str]]:
    """Leave a file out."""
    name = _some(files, rng, ".png", ".npz", "/settings.json")
    del files[name]
    return "deleted", [name]


def insert_file(files: Files, rng: Random) -> tuple[str, list[str]]:
    """Put a file in."""
    name = f"{('original', 'results/00003-more')[rng.integers(2)]}/extra{rng.integers(1000)}.png"
    files[name] = rng.bytes(9)
    return "inserted", [name]


def truncate_file(files: Files, rng: Random) -> tuple[str, list[str]]:
    """Cut off a file's end."""
    name = _some(files, rng, ".png")
    files[name] = files[name][: rng.integers(len(files[name]))]
    return "truncated", [name]


def swap_files(files: Files, rng: Random) -> tuple[str, list[str]]:
    """Swap two files of different content."""
    one = _some(files, rng, ".png", ".npz")
    other = next(name for name in sorted(files) if name.startswith("original/") and files[name] != files[one])
    files[one], files[other] = files[other], files[one]
    return "swapped file", [one, other]


def swap_model(files: Files, rng: Random) -> tuple[str, list[str]]:
    """Name another model in the settings of a result."""
    names = [name for name in sorted(files) if name.endswith("/settings.json")]
    name = names[rng.integers(len(names))]
    files[name] = files[name].replace(b"a" * 64, rng.bytes(32).hex().encode())
    return "swapped model", [name]


def swap_model_in_manifest(files: Files, rng: Random) -> tuple[str, list[str]]:
    """Name another model in the manifest."""
    files[MANIFEST] = files[MANIFEST].replace(b"a" * 64, rng.bytes(32).hex().encode())
    return "swapped model", [f"{MANIFEST}: weights/made-detector"]


def edit_manifest(files: Files, rng: Random) -> tuple[str, list[str]]:
    """Change a value of the manifest."""
    said = json.loads(files[MANIFEST])
    places = [("log", "entries"), ("log", "head"), ("case", "title"), ("case", "id"), ("exhibits", "E1")]
    group, name = places[rng.integers(len(places))]
    said[group][name] = 1 if name == "entries" else "0" * 64
    files[MANIFEST] = json.dumps(said, indent=1, sort_keys=True).encode()
    return "edited", [f"{MANIFEST}: {group}/{name}"]


def remove_signature(files: Files, rng: Random) -> tuple[str, list[str]]:
    """Leave the signature out."""
    del files[f"{MANIFEST}.sig"]
    return "deleted", [f"{MANIFEST}.sig"]


def edit_entry(files: Files, rng: Random) -> tuple[str, list[str]]:
    """Change who did something, or when, and link the log anew."""
    with _log_rows(files) as rows:
        at = int(rng.integers(1, len(rows)))
        rows[at][(1, 2)[rng.integers(2)]] = "2026-01-01T00:00:00.000000Z"
        _link(rows, at)
    return "edited", [_entry(at)]


def edit_text(files: Files, rng: Random) -> tuple[str, list[str]]:
    """Change what an entry says and nothing else."""
    with _log_rows(files, "UPDATE subjects SET text = replace(text, '{', '{ ') WHERE hash = ?") as rows:
        at = int(rng.integers(1, len(rows)))
        rows.append([rows[at][4]])  # the value of the statement
    return "edited", [_entry(at)]


def delete_entry(files: Files, rng: Random) -> tuple[str, list[str]]:
    """Take an entry out of the middle, and link the log anew."""
    with _log_rows(files) as rows:
        at = int(rng.integers(1, len(rows) - 1))
        del rows[at]
        _link(rows, at)
    return "deleted", [_entry(at)]


def insert_entry(files: Files, rng: Random) -> tuple[str, list[str]]:
    """Repeat an entry elsewhere under another name, and link the log anew."""
    with _log_rows(files) as rows:
        at = int(rng.integers(2, len(rows)))
        others = [row for row in rows if row[4] not in (rows[at - 1][4], rows[at][4])]
        again = list(others[rng.integers(len(others))])
        again[2] = "Eve"
        rows.insert(at, again)
        _link(rows, at)
    return "inserted", [_entry(at)]


def reorder_entries(files: Files, rng: Random) -> tuple[str, list[str]]:
    """Swap two entries, and link the log anew."""
    with _log_rows(files) as rows:
        one, other = sorted(int(n) for n in rng.choice(np.arange(1, len(rows)), 2, replace=False))
        rows[one], rows[other] = rows[other], rows[one]
        _link(rows, one)
    return "reordered", [_entry(one), _entry(other)]


def truncate_log(files: Files, rng: Random) -> tuple[str, list[str]]:
    """Cut off the log's end, which leaves a sound chain."""
    with _log_rows(files) as rows:
        kept, whole = int(rng.integers(2, len(rows))), len(rows)
        del rows[kept:]
    return "truncated", [_entry(at) for at in range(kept, whole)]


TAMPERS: dict[str, Tamper] = {
    "edited file": edit_file,
    "deleted file": delete_file,
    "inserted file": insert_file,
    "truncated file": truncate_file,
    "swapped files": swap_files,
    "swapped model": swap_model,
    "swapped model in the manifest": swap_model_in_manifest,
    "edited manifest": edit_manifest,
    "removed signature": remove_signature,
    "edited entry": edit_entry,
    "edited text": edit_text,
    "deleted entry": delete_entry,
    "inserted entry": insert_entry,
    "reordered entries": reorder_entries,
    "truncated log": truncate_log,
}


def _entry(at: int) -> str:
    return f"{LOG}: entry {at + 1}"


@contextlib.contextmanager
def _log_rows(files: Files, statement: str = "") -> Iterator[list[Row]]:
    """Yield the rows of a bundle's log to be changed, and write them back.

    With a statement the last row holds its values, and the rest stays.
    """
    with temporary_folder() as folder:
        path = folder / LOG
        path.write_bytes(files[LOG])
        with contextlib.closing(sqlite3.connect(path)) as log:
            rows = [list(row) for row in log.execute("SELECT * FROM entries ORDER BY sequence")]
            yield rows
            if statement:
                log.execute(statement, rows.pop())
            else:
                log.execute("DELETE FROM entries")
                log.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
            log.commit()
        files[LOG] = path.read_bytes()


def _link(rows: list[Row], first: int) -> None:
    """Number and link rows anew from one on, unsigned."""
    before = rows[first - 1][6] if first else START
    for at in range(first, len(rows)):
        row = rows[at]
        row[0], row[5] = at + 1, before
        row[6] = before = hash_of_row(*row[:6])
