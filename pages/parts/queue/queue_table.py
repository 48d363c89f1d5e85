"""Show the queue as a table, the most suspicious file on top."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from core.output import screen
from core.types.attack_answer import ANSWERS, PROCESSED, SIGNS
from core.types.file_rows import FileRow
from pages.parts.session.page_state import widget_value
from pages.parts.session.queue_order import MARKS, verdict_word
from pages.parts.session.queue_work import QueueState, thumbnail_of
from pages.parts.widgets.badges import LOOKS

STATES = {"waiting": "Waiting", "running": "Judging", "done": "Done", "failed": "Failed", "skipped": "Skipped"}
_CHIPS = {word: LOOKS[kind][0] for word, kind in screen.BANDS.items()}
_SHORT = {PROCESSED: "Processed or noisy"}
_ATTACKS = {_SHORT.get(label, label): LOOKS["attacked" if label == SIGNS else "inconclusive"][0] for label in ANSWERS}


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

    A click on a judged file's name asks to open it, a click elsewhere makes its row the current one.
    """
    shown = f"queue-{state.token}-{state.shown}-{state.order}-{state.clicks}"
    name, drawn = f"{shown}-file", tuple(rows)
    st.dataframe(
        [_cells(state, row, row is current) for row in rows],
        hide_index=True,
        height="content",
        row_height=40,
        placeholder="",
        on_select=lambda: _choose(state, drawn, widget_value(shown)["selection"]["cells"]),
        selection_mode="single-cell",
        column_config={
            "": st.column_config.ImageColumn(width=56),
            "File": st.column_config.ButtonColumn(
                type="tertiary",
                alignment="left",
                help="A click opens a judged file on Inspect.",
                on_click=lambda: _open(state, drawn[widget_value(name)["row"]]),
                key=name,
            ),
            "Verdict": _chips(_CHIPS, 170),
            "Score": st.column_config.TextColumn(
                width=125,
                help="An image: its score of “manipulated”, with its 95% interval where the detector is calibrated. "
                "A video: the mean over the judged frames, with its 95% interval.",
            ),
            "Attack": _chips(_ATTACKS, 160),
            "Faces": st.column_config.NumberColumn(width=60),
            "State": st.column_config.TextColumn(width=75),
            "Mark": st.column_config.TextColumn(width=105),
        },
        alt=f"{len(rows)} files of the queue, sorted by {state.order.lower()}",
        key=shown,
    )


def _chips(colours: Mapping[str, str], width: int) -> ColumnConfig:
    """Show words in their colours, in a column wide enough for the longest."""
    return st.column_config.MultiselectColumn(width=width, options=list(colours), color=list(colours.values()))


def _choose(state: QueueState, rows: Sequence[FileRow], cells: Sequence[tuple[int, str]]) -> None:
    """Make the clicked row, of those that were drawn, the current one."""
    if cells and cells[0][0] < len(rows):
        state.current = rows[cells[0][0]].path
        state.clicks += 1  # rows move while files are judged: no cell stays selected by its place


def _open(state: QueueState, row: FileRow) -> None:
    state.current = row.path
    state.wanted = row if row.state == "done" else None


def _cells(state: QueueState, row: FileRow, current: bool) -> dict[str, object]:
    small = thumbnail_of(state, row.key) if row.key and row.state == "done" else None
    return {
        "": f"data:image/jpeg;base64,{base64.b64encode(small).decode()}" if small else None,
        "File": f"▸ {row.name}" if current else row.name,
        "Verdict": [word] if (word := verdict_word(row)) else [],
        "Score": score_text(row),
        "Attack": [word] if (word := attack_word(row)) else [],
        "Provenance": (row.provenance or "").capitalize(),
        "Faces": row.faces,
        "State": STATES[row.state],
        "Mark": MARKS.get(row.mark, ""),
        "Note": row.note,
    }
