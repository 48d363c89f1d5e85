"""Show the current file of the queue, to open, mark and annotate it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.types.file_rows import FileRow
from pages.parts.queue.queue_table import MARKS, attack_word, score_text, verdict_word
from pages.parts.session.queue_work import QueueState, mark_row, open_row
from pages.parts.session.session import Session
from pages.parts.widgets.tables import plain


def show_current(session: Session, state: QueueState, rows: Sequence[FileRow]) -> None:
    """Draw the current file and what can be done with it.

    Keys: j and k for next and previous, 1 to 3 for marks, o to open.
    """
    place = next((number for number, row in enumerate(rows) if row.path == state.current), 0)
    row = rows[place]
    state.current = row.path
    with st.container(border=True, key="current-file"):
        st.markdown(f"**{plain(row.name)}**: {plain(_words(row))}")
        if row.reason:
            st.caption(plain(row.reason))
        with st.container(horizontal=True):
            _step("Previous", "k", state, rows, place - 1)
            _step("Next", "j", state, rows, place + 1)
            closed = row.state != "done"
            if st.button("Open", type="primary", icon=":material/open_in_new:", disabled=closed, shortcut="o"):
                open_row(session, row)
                st.switch_page("pages/inspect.py")
            for key, word in MARKS.items():
                chosen = row.mark == key
                icon = ":material/check:" if chosen else None
                if st.button(f"{key} {word}", icon=icon, shortcut=key, key=f"mark-{key}"):
                    mark_row(state, row, mark="" if chosen else key)
                    st.rerun()
        note = st.text_input("Note", row.note, key=f"note-{row.key}-{place}", max_chars=2000)
        if note != row.note:
            mark_row(state, row, note=note)
            st.rerun()


def _step(label: str, key: str, state: QueueState, rows: Sequence[FileRow], place: int) -> None:
    there = 0 <= place < len(rows)
    if st.button(label, shortcut=key, disabled=not there, key=f"step-{key}"):
        state.current = rows[place].path
        st.rerun()


def _words(row: FileRow) -> str:
    parts = [verdict_word(row), score_text(row), attack_word(row) and f"attack: {attack_word(row).lower()}"]
    parts += [row.provenance and f"provenance: {row.provenance}", "" if row.state == "done" else row.state]
    return ", ".join(part for part in parts if part)
