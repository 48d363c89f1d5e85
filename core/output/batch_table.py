"""Turn a batch's rows and counts into records, CSV and Parquet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from ..storage.files import atomic_path, named_errors
from ..types.file_rows import COLUMNS, STATES, BatchCounts, FileRow
from .csv_text import csv_text

_TYPES = {"faces": pyarrow.int64(), **dict.fromkeys(("p_fake", "p_low", "p_high"), pyarrow.float64())}


def counts_record(found: BatchCounts) -> dict[str, Any]:
    """Record the counts of a run: files, done, failed, skipped, seconds."""
    counts = {"files": found.files, "done": found.done, "failed": found.failed, "skipped": found.skipped}
    return counts | {"seconds": round(found.seconds, 3)}


def states_record(rows: Sequence[FileRow]) -> dict[str, int]:
    """Count rows by their state."""
    counts = Counter(row.state for row in rows)
    return {"files": len(rows), **{state: counts[state] for state in STATES}}


def row_record(row: FileRow) -> dict[str, Any]:
    """Record one row: the columns of an export; numbers to six digits."""
    values = {name: getattr(row, name) for name in COLUMNS}
    return {name: round(value, 6) if isinstance(value, float) else value for name, value in values.items()}


def marked_record(rows: Sequence[FileRow], marks: Mapping[str, str]) -> dict[str, Any]:
    """Record rows with a person's marks and notes; `marks`: their words by key."""
    return {"files": marked_rows(rows, marks)}


def marked_rows(rows: Sequence[FileRow], marks: Mapping[str, str]) -> list[dict[str, Any]]:
    """Add the mark, in words, and the note to the columns of an export."""
    return [row_record(row) | {"mark": marks.get(row.mark, ""), "note": row.note} for row in rows]


def rows_csv(rows: Sequence[FileRow]) -> str:
    """Format rows as CSV, one line a file."""
    return csv_text([row_record(row) for row in rows], COLUMNS)


def write_parquet(rows: Sequence[FileRow], to: Path) -> None:
    """Write rows as a Parquet file, whole or not at all."""
    records = [row_record(row) for row in rows]
    kinds = {name: _TYPES.get(name, pyarrow.string()) for name in COLUMNS}
    columns = {name: pyarrow.array([record[name] for record in records], kind) for name, kind in kinds.items()}
    with atomic_path(to) as partial, named_errors(to):
        pyarrow.parquet.write_table(pyarrow.table(columns), partial)
