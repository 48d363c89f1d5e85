"""Format rows as CSV that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_text(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = ()) -> str:
    """Format rows as CSV; text like a formula gets an apostrophe before it.

    A carriage return becomes a line feed, which is quoted: `csv` leaves the former bare, and a row would end there.

    `columns`: the header where there are no rows.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([csv_cell(name) for name in (rows[0] if rows else columns)])
    writer.writerows([csv_cell(value) for value in row.values()] for row in rows)
    return buffer.getvalue()


def flat_row(row: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Flatten a record: nested names joined, interval ends as _low and _high."""
    out: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            out |= flat_row(value, f"{before}{name}_")
        elif isinstance(value, (list, tuple)) and len(value) == 2 and all(isinstance(v, float) for v in value):
            out |= {f"{before}{name}_low": value[0], f"{before}{name}_high": value[1]}
        else:
            out[before + name] = "; ".join(map(str, value)) if isinstance(value, (list, tuple)) else value
    return out


def csv_cell(value: Any) -> Any:
    """Put an apostrophe before text that a spreadsheet would run as a formula.

    Also where it begins with a full-width, small or raised form of = + - @: some programs read those as the plain ones.
    """
    if not isinstance(value, str):
        return value
    marked = f"'{value}" if unicodedata.normalize("NFKC", value[:1]).startswith(_FORMULA) else value
    return marked.replace("\r\n", "\n").replace("\r", "\n")
