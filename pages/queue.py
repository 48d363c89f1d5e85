"""Judge many files in the background, the most suspicious on top."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.output.batch_table import row_record
from core.types.file_rows import FileRow
from pages.parts.queue.current_row import show_current
from pages.parts.queue.earlier_queues import show_earlier
from pages.parts.queue.extras_form import ask_extras
from pages.parts.queue.queue_record import hand_in_queue
from pages.parts.queue.queue_table import ORDER_KEY, show_table
from pages.parts.session.current_case import current_case
from pages.parts.session.page_state import restore_widget
from pages.parts.session.queue_order import FILTERS, ORDERS, arranged
from pages.parts.session.queue_work import (
    QueueState,
    add_folder,
    drop_uploads,
    empty_queue,
    go_on,
    keep_view,
    open_row,
    queue_rows,
    restore_queue,
    warm_up,
)
from pages.parts.session.session import Session
from pages.parts.session.shown_records import is_head_old
from pages.parts.session.uploads import MEDIA_TYPES
from pages.parts.widgets.guarding import guard, show_problem
from pages.parts.widgets.page_head import begin_page, say_about
from pages.parts.widgets.tables import csv_button, plain

ABOUT = "Drop many files: each is judged in the background, and the most suspicious stands on top."
SECONDS = 1.0  # from one look at the running queue to the next


def main() -> None:
    """Draw the page."""
    session, _ = begin_page("Queue", ABOUT)
    state = session.page_state(QueueState)
    with guard():
        restore_queue(state, st.query_params.get("queue"))
        if state.token:
            st.query_params["queue"] = state.token
        if state.job and state.job.problem:
            show_problem(state.job.problem)
        if state.refused:
            show_problem(state.refused)
        live = state.running
        if not state.places:
            say_about(session, ABOUT)
            warm_up(session)
        st.fragment(_queue, run_every=SECONDS if live else None)(session, state, live=live)
    with guard():  # each form by itself: what one refuses does not take the other away
        _intake(session, state)
    with guard():
        ask_extras(session, state)
    with guard():
        show_earlier(session, state)
    if is_head_old(session) and current_case(session):
        st.rerun()  # its head offers to add the table that was shown below it


def _queue(session: Session, state: QueueState, *, live: bool) -> None:
    """Draw the rows; called again and again while files are judged."""
    if live and not state.running:
        st.rerun()  # the job has ended: the page is drawn whole once more, and looks no further
    with guard():
        _open_wanted(session, state)
        if state.job and live:
            st.progress(state.job.part, text=plain(state.job.line))
            st.button("Stop", on_click=state.job.stop, icon=":material/stop_circle:", key="stop-queue")
        _rows(session, state, live=live)


def _open_wanted(session: Session, state: QueueState) -> None:
    """Open the file whose name was clicked."""
    row, state.wanted = state.wanted, None
    if row:
        open_row(session, row)
        st.switch_page("pages/inspect.py")


def _rows(session: Session, state: QueueState, *, live: bool) -> None:
    rows = queue_rows(state)
    if not rows:
        return
    st.markdown(_sentence(rows))
    with st.container(horizontal=True):
        state.shown = _choice("Show", FILTERS, state, state.shown, key="queue-shown")
        state.order = _choice("Sort by", tuple(ORDERS), state, state.order, key=ORDER_KEY)
    shown = arranged(rows, shown=state.shown, order=state.order)
    if not shown:
        st.caption("No file of the queue is like this.")
        return
    current = show_current(state, shown)  # above the table: its keys and its note stay in sight beside 40 rows
    show_table(state, shown, current)
    keep_view(state)
    if not live:
        hand_in_queue(session, rows, _sentence(rows))
        _whole(session, state, rows)


def _choice(label: str, options: tuple[str, ...], state: QueueState, value: str, *, key: str) -> str:
    """Ask for one of some words.

    Once it is chosen, keys are the page's again.
    """
    restore_widget(key, value)
    return str(st.selectbox(label, options, width=165, key=key, on_change=state.set_focus))


def _sentence(rows: Sequence[FileRow]) -> str:
    done = [row for row in rows if row.state == "done"]
    suspicious = sum(row.band == FILTERS[1] for row in done)
    failed = sum(row.state in ("failed", "skipped") for row in rows)
    left = len(rows) - len(done) - failed
    if not done and left:
        return f"**{left} file{'s' * (left != 1)} to be judged**" + (f"; {failed} could not be." if failed else ".")
    if not done:
        return f"**No file could be judged**; {failed} failed."
    parts = [f"**{suspicious} of {len(done)} judged files are likely manipulated**"]
    parts += [f"{failed} could not be judged"] * bool(failed) + [f"{left} left"] * bool(left)
    return "; ".join(parts) + "."


def _whole(session: Session, state: QueueState, rows: Sequence[FileRow]) -> None:
    with st.container(horizontal=True):
        csv_button("Table as CSV", [row_record(row) for row in rows], "queue.csv", key="queue-csv")
        if any(row.state in ("waiting", "running") for row in rows) and st.button(
            "Go on", icon=":material/play_arrow:"
        ):
            go_on(session)
            st.rerun()
        if st.button("Empty the queue", icon=":material/delete:", help="Deletes the table and copies of files."):
            empty_queue(session)
            st.query_params.clear()
            st.rerun()


def _intake(session: Session, state: QueueState) -> None:
    with st.expander("Add files", icon=":material/upload_file:", expanded=not state.places):
        files = st.file_uploader(
            "Images and videos", MEDIA_TYPES, accept_multiple_files=True, key=f"drop-{state.drops}"
        )
        if files:
            drop_uploads(session, files)
            st.rerun()
        with st.form("folder", border=False):
            folder = st.text_input("Or a folder on this machine", placeholder="a folder's path")
            if st.form_submit_button("Add the folder", icon=":material/folder:"):
                add_folder(session, folder)
                st.rerun()
        st.caption(
            "Dropped files are kept on this machine until the queue is emptied; the address leads back to it. "
            "Whoever reaches this dashboard sees every queue."
        )


with guard():
    main()
