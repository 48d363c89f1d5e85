"""Show how far work is, with a button that stops it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.engine.jobs import Job
from pages.parts.session.current_case import current_case
from pages.parts.session.session import Session
from pages.parts.session.shown_records import is_head_old
from pages.parts.widgets.tables import plain

SECONDS = 0.25  # from one look at the work to the next; its end is seen at once


class ProgressPlace(NamedTuple):
    """Name the place on the page that shows one kind of work's progress."""

    kind: str
    place: DeltaGenerator


def wait(session: Session, place: DeltaGenerator, live: Callable[[Job], None] | None = None) -> None:
    """Show progress until the work ends; the last call of a page.

    `live` draws what came of the work so far, and is called again and again.
    """
    job = session.job
    if job is None or not session.busy:
        if is_head_old(session) and current_case(session):
            st.rerun()  # its head offers to add what was shown below it
        return
    with place.container(border=True):
        line = st.progress(job.part, text=plain(job.line))
        st.button("Stop", on_click=job.stop, icon=":material/stop_circle:", key="stop", disabled=job.should_stop())
    while not job.finished:
        line.progress(job.part, text=plain(job.line))
        if live:
            live(job)
        job.join(SECONDS)
    st.rerun()
