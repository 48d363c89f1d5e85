"""Read the models of a first verdict once a server's first page is drawn."""

from __future__ import annotations

import contextlib
import threading
import time

import numpy as np
import streamlit as st
from streamlit.runtime import Runtime

from core import pipeline
from core.faces.detection import find_faces

DRAWING_S = 10.0  # at most, that a page's first run is waited for
BROWSER_S = 0.3  # in which the browser asks for what the page needs
GREY = np.full((64, 64, 3), 128, np.uint8)


def is_served() -> bool:
    """Return whether a server draws this page.

    A stand-in of one has nobody whose wait could be shortened.
    """
    return Runtime.exists() and type(Runtime.instance()) is Runtime


def warm_models() -> None:
    """Read models in the background, once a server, after this page's run.

    The first file then finds detector, face finder and attack answer ready.
    """
    if is_served():
        _started()


@st.cache_resource(show_spinner=False)
def _started() -> threading.Thread:
    """Start the thread, once a server."""
    args = (threading.current_thread(),)
    thread = threading.Thread(target=read_models, args=args, name="prosopon-warming", daemon=True)
    thread.start()
    return thread


def read_models(page: threading.Thread) -> None:
    """Pass a grey picture through the models of a verdict, after a page's thread.

    Whatever fails is silent here: it is said to whoever opens a file.
    """
    page.join(DRAWING_S)
    time.sleep(BROWSER_S)
    with contextlib.suppress(Exception):
        detector = pipeline.load_detector()
        find_faces(GREY)
        pipeline.answer_attack(detector, GREY, detector.verdict(GREY))
        pipeline.answer_synthetic(GREY)
