"""Tamper with bundles: each kind of change, what it is called, and where it has to be found."""

from __future__ import annotations

import json
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from core.cases.chain import START, hash_of_row

Files = dict[str, bytes]
Tamper = Callable[[Files], list[str]]
LOG = "log.sqlite"


def files_of(bundle: Path) -> Files:
    with zipfile.ZipFile(bundle) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: Files, to: Path) -> Path:
    with zipfile.ZipFile(to, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return to


def first(files: Files, start: str, end: str = "") -> str:
    return next(name for name in sorted(files) if name.startswith(start) and name.endswith(end))


def in_log(files: Files, *statements: str, chain_from: int | None = None) -> None:
    """Run statements on the bundle's log, and link it anew from an entry on, as who knows the chain would."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / LOG
        path.write_bytes(files[LOG])
        log = sqlite3.connect(path)
        for statement in statements:
            log.execute(statement)
        before = START
        for *row, kept in log.execute(
            "SELECT sequence, utc, actor, action, subject, hash FROM entries ORDER BY sequence"
        ).fetchall():
            if chain_from and row[0] >= chain_from:
                kept = hash_of_row(*row, before)
                log.execute("UPDATE entries SET previous = ?, hash = ? WHERE sequence = ?", (before, kept, row[0]))
            before = kept
        log.commit()
        log.close()
        files[LOG] = path.read_bytes()


def edit(files: Files) -> list[str]:
    name = first(files, "original/")
    files[name] = b"F" + files[name][1:]
    return [name]


def delete(files: Files) -> list[str]:
    name = first(files, "results/", "maps.npz")
    del files[name]
    return [name]


def insert(files: Files) -> list[str]:
    files["results/00003-more/extra.png"] = b"more"
    return ["results/00003-more/extra.png"]


def truncate(files: Files) -> list[str]:
    name = first(files, "results/", "crop.png")
    files[name] = files[name][:-9]
    return [name]


def swap(files: Files) -> list[str]:
    one, other = sorted(name for name in files if name.startswith("original/"))
    files[one], files[other] = files[other], files[one]
    return [one, other]


def swap_model(files: Files) -> list[str]:
    name = first(files, "results/", "settings.json")
    files[name] = files[name].replace(b"a" * 64, b"b" * 64)
    return [name]


def swap_model_in_manifest(files: Files) -> list[str]:
    files["manifest.json"] = files["manifest.json"].replace(b"a" * 64, b"b" * 64)
    return ["manifest.json: weights/made-detector"]


def edit_manifest(files: Files) -> list[str]:
    said = json.loads(files["manifest.json"])
    said["log"]["entries"] -= 1
    files["manifest.json"] = json.dumps(said, indent=1, sort_keys=True).encode()
    return ["manifest.json: log/entries"]


def remove_signature(files: Files) -> list[str]:
    del files["manifest.json.sig"]
    return ["manifest.json.sig"]


def edit_entry(files: Files) -> list[str]:
    in_log(files, "UPDATE entries SET actor = 'Eve' WHERE sequence = 4", chain_from=4)
    return [f"{LOG}: entry 4"]


def edit_text(files: Files) -> list[str]:
    in_log(
        files,
        "UPDATE subjects SET text = replace(text, 'Seen', 'Sewn') "
        "WHERE hash = (SELECT subject FROM entries WHERE sequence = 6)",
    )
    return [f"{LOG}: entry 6"]


def delete_entry(files: Files) -> list[str]:
    moves = [f"UPDATE entries SET sequence = {n - 1} WHERE sequence = {n}" for n in range(6, 10)]
    in_log(files, "DELETE FROM entries WHERE sequence = 5", *moves, chain_from=5)
    return [f"{LOG}: entry 5"]


def insert_entry(files: Files) -> list[str]:
    moves = [f"UPDATE entries SET sequence = {n + 1} WHERE sequence = {n}" for n in range(9, 3, -1)]
    copy = "INSERT INTO entries SELECT 4, utc, 'Eve', action, subject, previous, hash, key, signature FROM entries "
    in_log(files, *moves, f"{copy} WHERE sequence = 8", chain_from=4)
    return [f"{LOG}: entry 4"]


def reorder_entries(files: Files) -> list[str]:
    moves = [f"UPDATE entries SET sequence = {b} WHERE sequence = {a}" for a, b in ((3, 0), (6, 3), (0, 6))]
    in_log(files, *moves, chain_from=3)
    return [f"{LOG}: entry 3", f"{LOG}: entry 6"]


def truncate_log(files: Files) -> list[str]:
    in_log(files, "DELETE FROM entries WHERE sequence = 9")
    return [f"{LOG}: entry 9"]


TAMPERS: dict[str, tuple[str, Tamper]] = {
    "edited file": ("edited", edit),
    "deleted file": ("deleted", delete),
    "inserted file": ("inserted", insert),
    "truncated file": ("truncated", truncate),
    "swapped files": ("swapped file", swap),
    "swapped model": ("swapped model", swap_model),
    "swapped model in the manifest": ("swapped model", swap_model_in_manifest),
    "edited manifest": ("edited", edit_manifest),
    "removed signature": ("deleted", remove_signature),
    "edited entry": ("edited", edit_entry),
    "edited text": ("edited", edit_text),
    "deleted entry": ("deleted", delete_entry),
    "inserted entry": ("inserted", insert_entry),
    "reordered entries": ("reordered", reorder_entries),
    "truncated log": ("truncated", truncate_log),
}
