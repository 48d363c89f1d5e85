"""Show the queue as a table, the most suspicious file on top."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import streamlit as st

from core.output import screen
from core.types.attack_answer import PROCESSED, SIGNS
from core.types.file_rows import FileRow
from pages.parts.session.page_state import set_widget
from pages.parts.session.queue_order import FIRST, MARKS, verdict_word
from pages.parts.session.queue_work import QueueState, thumbnail_of
from pages.parts.widgets.badges import LOOKS
from pages.parts.widgets.picked_table import Kind, PickedTable, show_picked_table

ORDER_KEY = "queue-order"  # of the widget that asks for the order
STATES = {"waiting": "Waiting", "running": "Judging", "done": "Done", "failed": "Failed", "skipped": "Skipped"}
_SHORT = {PROCESSED: "Processed or noisy"}
_COLUMNS = ("Picture", "File", "Verdict", "Score", "Attack", "Provenance", "Faces", "State", "Mark", "Note")
_KINDS: dict[str, Kind] = {
    "Picture": "picture",
    "File": "open",
    "Verdict": "chip",
    "Score": "number",
    "Attack": "chip",
    "Faces": "number",
}
_SORTS = {"Verdict": FIRST, "Score": "Score", "File": "Name", "State": "State", "Mark": "Mark"}
_COLOURS = {word: LOOKS[kind][0] for word, kind in screen.BANDS.items()} | {SIGNS: LOOKS["attacked"][0]}


def attack_word(row: FileRow) -> str:
    """Say the answer to "was it attacked?" in few words."""
    return _SHORT.get(row.attack_label or "", row.attack_label or "")


def score_text(row: FileRow) -> str:
    """Write a file's score with its interval where it has one, in per cent."""
    if row.p_fake is None:
        return ""
    interval = "" if row.p_low is None or row.p_high is None else f" ({row.p_low:.0%} to {row.p_high:.0%})"
    return f"{row.p_fake:.0%}{interval}"


def show_table(state: QueueState, rows: Sequence[FileRow], current: FileRow) -> None:
    """Draw the table.

    A click on a judged file's name asks to open it, a click elsewhere makes its row the current one; a click on a title
    sorts by it.
    """
    drawn = {str(row.path): row for row in rows}

    def choose(path: str) -> None:
        state.current = drawn[path].path

    def sort(column: str) -> None:
        state.order = _SORTS[column]
        set_widget(ORDER_KEY, state.order)

    by = next((column for column, order in _SORTS.items() if order == state.order), None)
    show_picked_table(
        PickedTable(
            _COLUMNS,
            {path: _cells(state, row) for path, row in drawn.items()},
            str(current.path),
            kinds=_KINDS,
            colours=_COLOURS,
            sorts=tuple(_SORTS),
            sorted_by=by,
        ),
        f"{len(rows)} files of the queue, sorted by {state.order.lower()}",
        choose,
        key=f"queue-{state.token}",
        opened=lambda path: _open(state, drawn[path]),
        sort=sort,
    )
    st.caption(
        "A click on a name opens the file on Inspect. Score: of “manipulated”; in an image with its 95% interval where "
        "the detector is calibrated, in a video the mean over the judged frames with its 95% interval."
    )


def _open(state: QueueState, row: FileRow) -> None:
    state.current = row.path
    state.wanted = row if row.state == "done" else None


def _cells(state: QueueState, row: FileRow) -> tuple[str, ...]:
    small = thumbnail_of(state, row.key) if row.key and row.state == "done" else None
    return (
        f"data:image/jpeg;base64,{base64.b64encode(small).decode()}" if small else "",
        row.name,
        verdict_word(row),
        score_text(row),
        attack_word(row),
        (row.provenance or "").capitalize(),
        "" if row.faces is None else str(row.faces),
        STATES[row.state],
        MARKS.get(row.mark, ""),
        row.note,
    )
