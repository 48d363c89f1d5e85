"""Sort and filter the queue, the most suspicious file first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.detectors.calibration.fit import BANDS
from core.output.text import NO_VERDICT
from core.types.attack_answer import SIGNS
from core.types.file_rows import FileRow

ALL = "All"
FILTERS = (ALL, BANDS[2], BANDS[1], BANDS[0], NO_VERDICT, "Failed", "Marked")
FIRST = "Suspicion"
MARKS = {"1": "Suspicious", "2": "Unclear", "3": "Nothing found"}  # by the key that sets it
_NO_SCORE = -1.0


def suspicion(row: FileRow) -> tuple[int, float]:
    """Return a key that sorts the file to look at first to the top."""
    score = -(row.p_fake if row.p_fake is not None else _NO_SCORE)
    if row.state in ("waiting", "running"):
        return 5, score
    if row.band == BANDS[2] or row.attack_label == SIGNS or row.provenance == "invalid":
        return 0, score
    known = {BANDS[1]: 1, BANDS[0]: 3}
    return known.get(row.band or "", 4 if row.state == "skipped" else 2), score


ORDERS: dict[str, Callable[[FileRow], object]] = {
    FIRST: suspicion,
    "Score": lambda row: -(row.p_fake if row.p_fake is not None else _NO_SCORE),
    "Name": lambda row: row.name.lower(),
    "State": lambda row: (row.state, suspicion(row)),
    "Mark": lambda row: (row.mark or "9", suspicion(row)),
}


def arranged(rows: Sequence[FileRow], *, shown: str, order: str) -> list[FileRow]:
    """Return the rows that pass a filter, sorted."""
    kept = [row for row in rows if _passes(row, shown)]
    return sorted(kept, key=ORDERS[order])  # type: ignore[arg-type]


def verdict_word(row: FileRow) -> str:
    """Say a file's verdict in a word, or that there is none."""
    return row.band or ("" if row.state in ("waiting", "running") else NO_VERDICT)


def _passes(row: FileRow, shown: str) -> bool:
    if shown == "Marked":
        return bool(row.mark or row.note)
    if shown == "Failed":
        return row.state in ("failed", "skipped")
    return shown == ALL or verdict_word(row).partition(",")[0] == shown  # "Inconclusive, low score, ..."
