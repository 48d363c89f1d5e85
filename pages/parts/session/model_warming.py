"""Read the models of a first verdict once a server's first page is drawn."""

from __future__ import annotations

import contextlib
import threading
import time

import streamlit as st
from streamlit.runtime import Runtime

DRAWING_S = 10.0  # at most, that a page's first run is waited for
BROWSER_S = 0.3  # in which the browser asks for what the page needs


def warm_models() -> None:
    """Judge a sample in the background, once a server, after the run of the page that asks for it.

    The first file then finds detector, face finder and their libraries read. Stand-ins of servers start nothing.
    """
    if type(Runtime.instance()) is Runtime:
        _started()


@st.cache_resource(show_spinner=False)
def _started() -> threading.Thread:
    """Start the thread, once a server."""
    args = (threading.current_thread(),)
    thread = threading.Thread(target=judge_sample, args=args, name="prosopon-warming", daemon=True)
    thread.start()
    return thread


def judge_sample(page: threading.Thread) -> None:
    """Judge the sample after a page's thread has ended.

    Whatever fails is silent here: it is said to whoever opens a file.
    """
    page.join(DRAWING_S)
    time.sleep(BROWSER_S)
    with contextlib.suppress(Exception):
        from core.engine.file_judging import BatchSettings, FileJudge  # here: the first page does not wait for it

        FileJudge(BatchSettings()).prepare()
