"""Detectors: which one judges, what its score means, whose weights are here, and several side by side."""

from __future__ import annotations

import streamlit as st

from pages import (
    _detector_calibrate,
    _detector_card,
    _detector_compare,
    _detector_weights,
    _state,
    _tables,
    _widgets,
)

ABOUT = "Which detector judges, what its score means and what it was measured on; others beside it."
KEY = "detectors-tab"
TABS = {
    "This detector": _detector_card.draw,
    "Weights": _detector_weights.draw,
    "Calibrate": _detector_calibrate.draw,
    "Compare": _detector_compare.draw,
}


def main() -> None:
    desk, _ = _widgets.page("Detectors", ABOUT)
    slot = st.empty()
    if desk.said:
        st.success(_tables.plain(desk.said), icon=":material/check_circle:")
        desk.said = None
    _state.recall(KEY, desk.tab)
    tabs = st.tabs(list(TABS), key=KEY, on_change="rerun")
    for tab, (name, draw) in zip(tabs, TABS.items(), strict=True):
        if tab.open:
            desk.tab = name
            with tab, _widgets.guard():
                draw(desk)
    _widgets.wait(slot, desk)


with _widgets.guard():
    main()
