"""Ask whether face recognition takes a face, or deepfakes, for people of a gallery."""

from __future__ import annotations

import streamlit as st

from core.types.recognition import Gallery
from pages.parts.impersonation import attack_tab, bench_tab, face_tab, gallery_card, services_tab
from pages.parts.impersonation.face_match import kept_match
from pages.parts.impersonation.impersonation_settings import ImpersonationSettings
from pages.parts.session.session import Session
from pages.parts.widgets.filled_tabs import filled_tabs
from pages.parts.widgets.guarding import guard
from pages.parts.widgets.page_head import begin_page
from pages.parts.widgets.progress_bar import wait

ABOUT = "Does face recognition take a face, or a deepfake, for somebody of a gallery?"
KEY = "impersonation-tab"


def _services(session: Session, gallery: Gallery) -> None:
    match = kept_match(session, gallery)
    services_tab.draw(session, match.photos if match else ())


TABS = {
    "This face": face_tab.draw,
    "Bench": bench_tab.draw,
    "Attack the recogniser": attack_tab.draw,
    "Services": _services,
}


def main() -> None:
    """Draw the page."""
    session, _ = begin_page("Impersonation", ABOUT)
    gallery = gallery_card.draw(session)
    slot = st.empty()
    if gallery is not None:
        settings = session.page_state(ImpersonationSettings)
        for name, tab in filled_tabs(TABS, KEY, settings):
            with tab, guard():
                TABS[name](session, gallery)
    wait(session, slot)


with guard():
    main()
