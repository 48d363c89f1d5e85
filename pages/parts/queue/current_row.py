"""Show the current file of the queue, to open, mark and annotate it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from core.types.file_rows import FileRow
from pages.parts.queue.queue_table import STATES, attack_word, score_text
from pages.parts.session.page_state import widget_value
from pages.parts.session.queue_order import MARKS, verdict_word
from pages.parts.session.queue_work import QueueState, mark_row, thumbnail_of
from pages.parts.widgets.focus_field import focus_field
from pages.parts.widgets.tables import plain


def show_current(state: QueueState, rows: Sequence[FileRow]) -> FileRow:
    """Draw the current file, the top one where none was chosen, and return it.

    Keys: j and k for next and previous, 1 to 3 for marks, n for the note, o to open. What a click does is bound to the
    row as it was drawn: rows move while files are judged.
    """
    place = next((number for number, row in enumerate(rows) if row.path == state.current), 0)
    row = rows[place]
    with st.container(border=True, key="current-file"):
        with st.container(horizontal=True, vertical_alignment="center"):
            if row.key and row.state == "done" and (small := thumbnail_of(state, row.key)):
                st.image(small, width=56)
            with st.container(width="stretch", gap=None):
                st.markdown(f"**{plain(row.name)}** · {place + 1} of {len(rows)}")
                words = row.reason or _words(row)
                st.caption(plain(words[:1].upper() + words[1:]))
        with st.container(horizontal=True):
            _step("Previous", "k", state, rows, place - 1)
            _step("Next", "j", state, rows, place + 1)
            st.button(
                "Open",
                type="primary",
                icon=":material/open_in_new:",
                disabled=row.state != "done",
                shortcut="o",
                key="open-current",
                on_click=lambda: _want(state, row),
            )
            for key, word in MARKS.items():
                st.button(
                    word,
                    icon=":material/check:" if row.mark == key else None,
                    shortcut=key,
                    key=f"mark-{key}",
                    on_click=_mark,
                    args=(state, row, "" if row.mark == key else key),
                )
            st.button(
                "Note",
                icon=":material/edit_note:",
                shortcut="n",
                key="note-current",
                on_click=state.set_focus,
                args=("Note",),
            )
        name = f"note-{row.path}"
        st.text_input("Note", row.note, key=name, max_chars=2000, on_change=_note, args=(state, row, name))
        focus_field(state.focus, state.focused)
    return row


def _step(label: str, key: str, state: QueueState, rows: Sequence[FileRow], place: int) -> None:
    there = 0 <= place < len(rows)
    path = rows[place].path if there else None
    st.button(label, shortcut=key, disabled=not there, key=f"step-{key}", on_click=_go, args=(state, path))


def _go(state: QueueState, path: Path | None) -> None:
    state.current = path


def _want(state: QueueState, row: FileRow) -> None:
    state.current, state.wanted = row.path, row


def _mark(state: QueueState, row: FileRow, mark: str) -> None:
    state.current = row.path
    mark_row(state, row, mark=mark)


def _note(state: QueueState, row: FileRow, name: str) -> None:
    note = widget_value(name)
    if note == row.note:  # a field that is no longer drawn is told once more
        return
    state.current = row.path
    mark_row(state, row, note=note)


def _words(row: FileRow) -> str:
    found = [(verdict_word(row) or STATES[row.state]).lower(), score_text(row)]
    if row.attack_label:
        found.append(f"attack: {attack_word(row).lower()}")
    if row.provenance:
        found.append(f"provenance: {row.provenance}")
    return ", ".join(part for part in found if part)
