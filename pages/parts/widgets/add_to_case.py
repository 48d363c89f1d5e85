"""Offer to add the open file, and what pages show, to the open case."""

from __future__ import annotations

import streamlit as st

from pages.parts.session.current_case import add_open_file, add_page, current_case
from pages.parts.session.session import Session
from pages.parts.session.shown_records import held_of_page


def offer_case(session: Session) -> None:
    """Show the button; without a case it leads to the page that opens one."""
    case = current_case(session)
    state = case.state() if case else None
    what = "the file, its analysis and what the pages showed of it"
    help = f"Keeps {what} in “{state.facts.title}”." if state else "Open or make a case first."
    off = session.busy or session.original is None
    if st.button("Add to case", icon=":material/create_new_folder:", key="add-to-case", help=help, disabled=off):
        if case is None:
            st.switch_page("pages/cases.py")
        add_open_file(session, case)
        st.rerun()


def exhibit_words(session: Session) -> str | None:
    """Say where the open file is in the case."""
    case = current_case(session)
    exhibit = case.state().exhibit(session.media.id) if case and session.media else None
    return f"In the case as {exhibit.title}" if exhibit else None


def offer_page(session: Session) -> None:
    """Show the button where a page without a file has a result."""
    case, shown = current_case(session), held_of_page(session)
    if case is None or not shown:
        return
    help = f"Keeps what this page shows in “{case.state().facts.title}”."
    if st.button(
        "Add to case", icon=":material/create_new_folder:", key="add-to-case", help=help, disabled=session.busy
    ):
        add_page(session, case)
        st.rerun()
    if all(case.holds(record) for record in shown):
        st.caption(":material/check: In the case")
