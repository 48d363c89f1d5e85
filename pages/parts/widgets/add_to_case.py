"""Offer to add the open file to the open case."""

from __future__ import annotations

import streamlit as st

from pages.parts.session.current_case import CurrentCase, add_open_file, current_case
from pages.parts.session.session import Session
from pages.parts.widgets.tables import plain


def offer_case(session: Session) -> None:
    """Show the button. Without an open case it leads to the page that opens one."""
    kept, case = session.page_state(CurrentCase), current_case(session)
    title = case.state().facts.title if case else None
    help = f"Keeps the file and its analysis in “{title}”." if title else "Open or make a case first."
    off = session.busy or session.original is None
    if st.button("Add to case", icon=":material/create_new_folder:", key="add-to-case", help=help, disabled=off):
        if case is None:
            st.switch_page("pages/cases.py")
        add_open_file(session, case)
        st.rerun()
    if kept.message and case:
        st.caption(f":material/check: {plain(kept.message)}")
