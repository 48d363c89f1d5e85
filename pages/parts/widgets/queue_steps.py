"""Step through the queue from any page."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from core.types.file_rows import FileRow
from pages.parts.session.queue_order import arranged
from pages.parts.session.queue_work import QueueState, open_row, queue_rows
from pages.parts.session.session import Session


class QueueSteps(NamedTuple):
    """Hold the queue's judged files in their order, and the open one's place."""

    rows: list[FileRow]
    place: int

    @property
    def words(self) -> str:
        """Say the place in the queue."""
        return f"{self.place + 1} of {len(self.rows)} in the queue"

    def neighbour(self, step: int) -> FileRow | None:
        """Return the file so many places on, if there is one."""
        place = self.place + step
        return self.rows[place] if 0 <= place < len(self.rows) else None


def queue_steps(session: Session) -> QueueSteps | None:
    """Return the open file's place in the queue, or None."""
    state = session.page_state(QueueState)
    if state.folder is None or session.original is None:
        return None
    rows = [row for row in arranged(queue_rows(state), shown=state.shown, order=state.order) if row.state == "done"]
    place = next((number for number, row in enumerate(rows) if row.path == session.original), None)
    return None if place is None else QueueSteps(rows, place)


def show_steps(session: Session, steps: QueueSteps) -> None:
    """Show the way to the open file's neighbours in the queue."""
    state = session.page_state(QueueState)
    for label, step, icon in (("Previous", -1, "chevron_left"), ("Next", 1, "chevron_right")):
        row = steps.neighbour(step)
        if st.button(
            label,
            icon=f":material/{icon}:",
            key=f"queue-step{step}",
            help=f"{label} file of the queue" + (f": {row.name}" if row else ""),
            disabled=row is None or session.busy,
        ):
            _open(session, state, row)


def _open(session: Session, state: QueueState, row: FileRow | None) -> None:
    if row:
        state.current = row.path
        open_row(session, row)
        st.rerun()
