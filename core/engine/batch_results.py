"""Write what a batch found in each file: its record, maps and attacked picture."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..explain import is_signed
from ..media.images import encode_png
from ..output.shown_record import FILE
from ..progress import NO_PROGRESS, Progress
from ..storage.files import Content, atomic_write_all, named_errors
from ..types import InputError
from ..types.file_rows import FileRow
from ..types.foreign_json import parse_json
from .job_table import JobTable

RECORD = "record.json"


def write_results(
    table: JobTable, rows: Sequence[FileRow], out: Path, *, progress: Progress = NO_PROGRESS
) -> tuple[int, int]:
    """Write a folder for each finished file. Return how many files, and folders.

    It is named by the file's SHA-256 and the beginning of the result's key, so that results of other settings or
    another detector never mix. The files of one folder are written together or not at all. Equal files have one folder.

    Args:
        table: of the jobs.
        rows: of the table; those that are not done are left out.
        out: a folder, made where it is not there.
        progress: told each folder; a stop raises `StopRequested`.
    """
    from ..output.screen import colour_map  # here: it brings Plotly, which rows do not need

    keys = dict.fromkeys((row.key, str(row.sha256)) for row in rows if row.state == "done" and row.key)
    count = 0
    for key, sha256 in progress.each(list(keys), "Results written"):
        record = parse_json(table.record(key) or "{}")
        files: dict[str, Content] = {RECORD: json.dumps(record, indent=1, ensure_ascii=False) + "\n"}
        for file, data in table.pictures_and_maps(key).items():
            files[file] = data
            method, _, ending = file.rpartition(".")
            if ending == "npy":
                settings = record.get("maps", {}).get(method, {}).get("settings")
                values = np.load(io.BytesIO(data), allow_pickle=False)
                files[f"{method}.png"] = encode_png(colour_map(values, signed=is_signed(method, settings)))
        _write(out / f"{sha256}-{key[:12]}", files)
        count += len(files)
    return count, len(keys)


def _write(folder: Path, files: dict[str, Content]) -> None:
    for name in (folder.name, *files):
        if not FILE.fullmatch(name):
            raise InputError(f"a result is named by letters, digits, dot, dash; what came is {name!r}")
    with named_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    atomic_write_all({folder / name: content for name, content in files.items()})
