"""Make sure that a visit begins with app.py, whatever address it begins at."""

from __future__ import annotations

import runpy
from pathlib import Path

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

APP = Path(__file__).parents[3] / "app.py"


def ensure_app_entry() -> None:
    """Run app.py first where Streamlit did not.

    Until `st.navigation` has run once, Streamlit treats every file of pages/ as a page. A bookmark opened on a fresh
    server would run that file alone, without page config and titles.
    """
    if PagesManager.uses_pages_directory:
        runpy.run_path(str(APP), run_name="__main__")  # its st.navigation finds the same page, and ends this
        st.stop()
