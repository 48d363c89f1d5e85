"""Show how far work is, with a button that stops it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import streamlit as st

from core.engine import jobs
from core.output.text import percent as percent
from core.output.text import settings_words as settings_words
from core.output.text import shown_value as shown_value
from pages.parts.session import session
from pages.parts.widgets.tables import csv_button as csv_button
from pages.parts.widgets.tables import csv_text as csv_text
from pages.parts.widgets.tables import facts as facts
from pages.parts.widgets.tables import json_button as json_button
from pages.parts.widgets.tables import plain as plain
from pages.parts.widgets.tables import shown as shown


def wait(slot: Any, desk: session.Desk, live: Callable[[jobs.Job], None] | None = None) -> None:
    """Show in `slot` how far the work is, with a button that stops it, until it ends; last call of a page.

    `live` draws what came of the job so far, and is called again and again.
    """
    job = desk.job
    if job is None or not desk.busy:
        return
    with slot.container(border=True):
        line = st.progress(job.part, text=plain(job.line))
        st.button("Stop", on_click=job.halt.set, icon=":material/stop_circle:", key="stop", disabled=job.halt.is_set())
    while not job.finished:
        line.progress(job.part, text=plain(job.line))
        if live:
            live(job)
        time.sleep(0.15)
    st.rerun()
