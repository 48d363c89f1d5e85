"""Detectors: which one judges, what its score means, whose weights are here, and several side by side."""

from __future__ import annotations

import streamlit as st

from pages.parts.detectors import calibrate_form, compare_detectors, detector_card, weight_files
from pages.parts.session import session
from pages.parts.widgets import guarding, page_head, progress_bar, tables

ABOUT = "Which detector judges, what its score means and what it was measured on; others beside it."
KEY = "detectors-tab"
TABS = {
    "This detector": detector_card.draw,
    "Weights": weight_files.draw,
    "Calibrate": calibrate_form.draw,
    "Compare": compare_detectors.draw,
}


def main() -> None:
    desk, _ = page_head.page("Detectors", ABOUT)
    slot = st.empty()
    if desk.said:
        st.success(tables.plain(desk.said), icon=":material/check_circle:")
        desk.said = None
    session.recall(KEY, desk.tab)
    tabs = st.tabs(list(TABS), key=KEY, on_change="rerun")
    for tab, (name, draw) in zip(tabs, TABS.items(), strict=True):
        if tab.open:
            desk.tab = name
            with tab, guarding.guard():
                draw(desk)
    progress_bar.wait(slot, desk)


with guarding.guard():
    main()
