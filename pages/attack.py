"""Attack one face, a whole file, or many faces at growing epsilons."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.engine.jobs import Job
from core.types import JudgedFace
from pages.parts.attack import live_view, one_face, sweep_form, sweep_tab, whole_file
from pages.parts.attack.attack_settings import AttackSettings
from pages.parts.attack.linked_attack import follow_attack
from pages.parts.attack.linked_work import follow_work, work_values
from pages.parts.session.addresses import TAB, is_of_maps
from pages.parts.session.file_link import name_in_address
from pages.parts.session.looked_at import drawn_for
from pages.parts.session.session import Session
from pages.parts.widgets.filled_tabs import filled_tabs, follow_tab
from pages.parts.widgets.guarding import guard
from pages.parts.widgets.page_head import begin_page
from pages.parts.widgets.progress_bar import wait
from pages.parts.widgets.redrawn_alone import redraw_alone

ABOUT = "How little has to change in a face until the detector is wrong?"
NEEDS = "Choose a file to put an attack on a face in it, or begin with a sample:"
KEY = "attack-tab"
TABS = {
    "One face": (one_face.draw_settings, one_face.draw_result),
    "Whole file": (whole_file.draw_settings, whole_file.draw_result),
    "Sweep over epsilon": (sweep_form.draw_settings, sweep_tab.draw_result),
}


def main() -> None:
    """Draw the page."""
    session, judged = begin_page("Attack", ABOUT, NEEDS)
    slot, live = st.empty(), None
    if session.media and not session.outdated and any(one.verdict for one in session.faces):
        follow_attack(session)
        follow_work(session)
        follow_tab(session, TABS, KEY, session.page_state(AttackSettings))
        slot, live = redraw_alone(session, lambda: _tabs(session, judged)) or (slot, live)
    wait(session, slot, live)


def _tabs(session: Session, judged: JudgedFace | None) -> tuple[DeltaGenerator, Callable[[Job], None] | None]:
    """Draw the tabs.

    Returns the place of progress, and what draws the attack as it runs.
    """
    settings = session.page_state(AttackSettings)
    filled = filled_tabs(TABS, KEY, settings, keep=TABS)
    name_in_address(session, {TAB: str(settings.tab), **work_values(session, settings.tab)}, is_of_maps)
    slot, live = st.empty(), None
    for name, tab in filled:
        draw_settings, draw_result = TABS[name]
        with tab, guard(), drawn_for(session, tab.open):
            left, right = st.columns([2, 5], gap="large")
            if tab.open:  # the tabs share their settings; the results of all stay drawn
                with left:
                    draw_settings(session, judged)
                    slot = st.empty()  # under the button that starts the work, where the eye is
            with right:
                running, made = st.empty(), st.empty()  # else the last result stays beside the running work
                if tab.open:
                    with running.container():
                        live = live_view.live_place(session, judged.face.crop if judged else None)
                if not live:
                    with made.container():
                        draw_result(session, judged)
    return slot, live


with guard():
    main()
