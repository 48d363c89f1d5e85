"""Studies: papers' experiments, measured here beside the papers' numbers."""

from __future__ import annotations

import streamlit as st

from pages.parts.session.session import Session
from pages.parts.studies.studies_settings import StudiesSettings
from pages.parts.studies.study_form import draw_form
from pages.parts.studies.study_list import draw_list
from pages.parts.studies.study_result import draw_result
from pages.parts.widgets.guarding import guard
from pages.parts.widgets.page_head import begin_page
from pages.parts.widgets.progress_bar import wait

ABOUT = "Papers' experiments, from data to table, measured here beside the papers' numbers."


def main() -> None:
    """Draw the page."""
    session, _ = begin_page("Studies", ABOUT)
    slot = st.empty()
    _draw(session)
    wait(session, slot)


def _draw(session: Session) -> None:
    settings = session.page_state(StudiesSettings)
    job = session.job
    if settings.stopped and not session.busy and job and job.kind == "study" and not job.problem:
        st.info("Stopped. What was measured is kept: Measure goes on from there.", icon=":material/info:")
    with st.container(), guard():  # containers: what comes and goes in one moves nothing below it
        if settings.shown is not None:
            draw_result(session, settings.shown)
        else:
            st.markdown("Does a paper's experiment come out the same on this machine, with a model trained here?")
    with st.container(), guard():
        draw_form(session, settings)
        st.empty()  # where a sentence about bad input stood: it goes as soon as work begins
    draw_list(settings)


with guard():
    main()
