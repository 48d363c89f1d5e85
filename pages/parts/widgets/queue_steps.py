"""Step through the queue from any page."""

from __future__ import annotations

import streamlit as st

from core.types.file_rows import FileRow
from pages.parts.session.queue_order import arranged
from pages.parts.session.queue_work import QueueState, open_row, queue_rows
from pages.parts.session.session import Session


def show_steps(session: Session) -> None:
    """Show where in the queue the open file is, with the way to its neighbours."""
    state = session.page_state(QueueState)
    if state.folder is None or session.original is None:
        return
    rows = [row for row in arranged(queue_rows(state), shown=state.shown, order=state.order) if row.state == "done"]
    place = next((number for number, row in enumerate(rows) if row.path == session.original), None)
    if place is None:
        return
    st.caption(f"{place + 1} of {len(rows)} in the queue", width="content")
    for label, step, icon in (("Previous file", -1, "chevron_left"), ("Next file", 1, "chevron_right")):
        row = rows[place + step] if 0 <= place + step < len(rows) else None
        if st.button(
            label if step > 0 else "",
            icon=f":material/{icon}:",
            key=f"queue-step{step}",
            help=f"{label} of the queue" + (f": {row.name}" if row else ""),
            disabled=row is None or session.busy,
        ):
            _open(session, state, row)


def _open(session: Session, state: QueueState, row: FileRow | None) -> None:
    if row:
        state.current = row.path
        open_row(session, row)
        st.rerun()
