"""Show the queue as a table, the most suspicious file on top."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence

import streamlit as st

from core.detectors.calibration.fit import BANDS
from core.types.file_rows import FileRow
from pages.parts.session.queue_work import QueueState, thumbnail_of
from pages.parts.widgets.verdict_words import NO_VERDICT

MARKS = {"1": "suspicious", "2": "unclear", "3": "nothing found"}
ALL = "All"
FILTERS = (ALL, BANDS[2], BANDS[1], BANDS[0], NO_VERDICT, "Failed", "Marked")
FIRST = "Most suspicious first"
_NO_SCORE = -1.0


def suspicion(row: FileRow) -> tuple[int, float]:
    """Return a key that sorts the file to look at first to the top."""
    score = -(row.p_fake if row.p_fake is not None else _NO_SCORE)
    if row.state in ("waiting", "running"):
        return 5, score
    if row.band == BANDS[2] or row.attack_label == "attacked" or row.provenance == "invalid":
        return 0, score
    known = {BANDS[1]: 1, BANDS[0]: 3}
    return known.get(row.band or "", 4 if row.state == "skipped" else 2), score


ORDERS: dict[str, Callable[[FileRow], object]] = {
    FIRST: suspicion,
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


def attack_word(row: FileRow) -> str:
    """Say what the attack detector answered."""
    words = {"attacked": "Likely attacked", "unattacked": "No sign"}
    return words.get(row.attack_label or "", "Not asked" if row.state == "done" else "")


def score_text(row: FileRow) -> str:
    """Write a file's score with its interval, in per cent."""
    if row.p_fake is None or row.p_low is None or row.p_high is None:
        return ""
    return f"{row.p_fake:.0%} ({row.p_low:.0%} to {row.p_high:.0%})"


def show_table(state: QueueState, rows: Sequence[FileRow]) -> None:
    """Draw the table; a click on a row makes it the current one."""
    event = st.dataframe(
        [_cells(state, row) for row in rows],
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "Picture": st.column_config.ImageColumn("", width="small"),
            "File": st.column_config.TextColumn(width="medium"),
            "Score": st.column_config.TextColumn(help="Mean score of “fake” over the judged frames, 95 % interval"),
        },
        key=f"queue-{state.token}-{state.shown}-{state.order}",
    )
    chosen = event["selection"]["rows"]
    if chosen and chosen[0] < len(rows):
        path = rows[chosen[0]].path
        if path != state.current:
            state.current = path


def _cells(state: QueueState, row: FileRow) -> dict[str, object]:
    small = thumbnail_of(state, row.key) if row.key and row.state == "done" else None
    return {
        "Picture": f"data:image/jpeg;base64,{base64.b64encode(small).decode()}" if small else None,
        "File": f"▸ {row.name}" if row.path == state.current else row.name,
        "Verdict": verdict_word(row),
        "Score": score_text(row),
        "Attack": attack_word(row),
        "Provenance": row.provenance or "",
        "Faces": row.faces,
        "State": row.state,
        "Mark": MARKS.get(row.mark, ""),
        "Note": row.note,
    }


def _passes(row: FileRow, shown: str) -> bool:
    if shown == "Marked":
        return bool(row.mark or row.note)
    if shown == "Failed":
        return row.state in ("failed", "skipped")
    return shown == ALL or verdict_word(row) == shown
