"""The way in: whatever address a visit begins at, it begins with app.py."""

from __future__ import annotations

import runpy
from pathlib import Path

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

APP = Path(__file__).parents[3] / "app.py"


def by_the_front_door() -> None:
    """Run app.py first where Streamlit did not.

    Until `st.navigation` was called once, a fresh server takes every file of pages/ for a page and runs the one that is
    asked for by itself: a bookmark or a reload after a restart would list our files, without titles and page config.
    """
    if PagesManager.uses_pages_directory:
        runpy.run_path(str(APP), run_name="__main__")  # its st.navigation finds the same page, and ends this
        st.stop()
