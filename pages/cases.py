"""Cases: exhibits with their results, notes, a conclusion, the evidence bundle and the report."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.cases.case_evidence import draw_evidence
from pages.parts.cases.case_list import draw_list
from pages.parts.cases.case_view import draw_actor, draw_conclusion_form, draw_exhibits, draw_headline, draw_notes
from pages.parts.session.case_state import CurrentCase
from pages.parts.session.current_case import current_case
from pages.parts.session.session import Session
from pages.parts.widgets.guarding import guard
from pages.parts.widgets.page_head import begin_page
from pages.parts.widgets.progress_bar import wait
from pages.parts.widgets.tables import plain

ABOUT = "What was received, done, noted and concluded; every change of it shows."


def main() -> None:
    """Draw the page."""
    session, _ = begin_page("Cases", ABOUT)
    slots = [st.empty()]
    with guard():
        _draw(session, slots)
    wait(session, slots[-1])


def _draw(session: Session, slots: list[DeltaGenerator]) -> None:
    case, kept = current_case(session), session.page_state(CurrentCase)
    if case is None:
        draw_list(session)
        return
    state = case.state()
    left, right = st.columns([3, 2], gap="large")
    with left:
        draw_headline(state)
        slots.append(st.empty())  # progress beside the forms: one that ended would move them under a click
        if kept.message:
            st.caption(f":material/check: {plain(kept.message)}")
        if st.button("Close the case", icon=":material/close:", key="close-case"):
            kept.folder = None
            st.rerun()
        draw_exhibits(session, case, state)
    with right:
        with guard():
            draw_evidence(session, case)
            draw_actor(session, case)
        for title, icon, draw in (("Conclude", "gavel", draw_conclusion_form), ("Notes", "edit_note", draw_notes)):
            with st.expander(title, icon=f":material/{icon}:"), guard():
                draw(session, case, state)


with guard():
    main()
