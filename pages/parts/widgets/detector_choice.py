"""Choose the detector in use."""

from __future__ import annotations

import streamlit as st

from core.detectors.checkpoints import status
from pages.parts.session.judging import use_detector
from pages.parts.session.session import Session
from pages.parts.widgets.guarding import guard


def choose_detector(session: Session, *, key: str) -> None:
    """Offer the installed detectors; another one judges the open file at once."""
    titles = {state.name: state.title for state in status.states() if state.where != "missing"}
    titles.setdefault(session.detector_name, f"{session.detector_name} (cannot be used)")
    names = list(titles)
    picked = st.selectbox(
        "Detector",
        names,
        names.index(session.detector_name),
        format_func=titles.__getitem__,
        key=f"{key}-{session.detector_name}",
        disabled=session.busy,
        help="Those whose weights are on this machine. Detectors lists all, and how to get the others.",
    )
    if picked != session.detector_name:
        with guard():
            use_detector(session, picked)
            st.rerun()
