"""Offer to add the open file to the open case."""

from __future__ import annotations

import streamlit as st

from pages.parts.session.current_case import add_open_file, current_case
from pages.parts.session.session import Session


def offer_case(session: Session) -> None:
    """Show the button, and where the open file is in the case. Without one it leads to the page that opens one."""
    case = current_case(session)
    state = case.state() if case else None
    help = f"Keeps the file and its analysis in “{state.facts.title}”." if state else "Open or make a case first."
    off = session.busy or session.original is None
    if st.button("Add to case", icon=":material/create_new_folder:", key="add-to-case", help=help, disabled=off):
        if case is None:
            st.switch_page("pages/cases.py")
        add_open_file(session, case)
        st.rerun()
    if state and session.media and (exhibit := state.exhibit(session.media.id)):
        st.caption(f":material/check: In the case as {exhibit.title}")
