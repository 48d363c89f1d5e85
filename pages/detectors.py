"""Show detectors: the one in use, calibration, weights, and several side by side."""

from __future__ import annotations

import streamlit as st

from pages.parts.detectors import calibrate_form, compare_detectors, detector_card, weight_files
from pages.parts.detectors.detectors_settings import TAB_KEY, DetectorsSettings
from pages.parts.session.session import Session
from pages.parts.widgets.filled_tabs import filled_tabs
from pages.parts.widgets.guarding import guard
from pages.parts.widgets.page_head import begin_page
from pages.parts.widgets.progress_bar import wait
from pages.parts.widgets.redrawn_alone import redraw_alone
from pages.parts.widgets.tables import plain

ABOUT = "What the detector is good at, and how often it is wrong."
TABS = {
    "This detector": detector_card.draw,
    "Weights": weight_files.draw,
    "Calibrate": calibrate_form.draw,
    "Compare": compare_detectors.draw,
}


def main() -> None:
    """Draw the page."""
    session, _ = begin_page("Detectors", ABOUT)
    slot = st.empty()
    if session.message:
        st.success(plain(session.message), icon=":material/check_circle:")
        session.message = None
    redraw_alone(session, lambda: _tabs(session))
    wait(session, slot)


def _tabs(session: Session) -> None:
    settings = session.page_state(DetectorsSettings)
    for name, tab in filled_tabs(TABS, TAB_KEY, settings):
        with tab, guard():
            TABS[name](session)


with guard():
    main()
