"""Attack: adversarial attacks on one face, on a whole file, and on many faces at growing epsilons."""

from __future__ import annotations

import streamlit as st

from pages.parts.attack import live_view, one_face, sweep_tab, whole_file
from pages.parts.session import session
from pages.parts.widgets import guarding, page_head, progress_bar

ABOUT = "Change faces so little that nobody sees it, and watch the detector's verdict move."
NEEDS = "Choose a file to put an attack on a face in it, or begin with a sample:"
KEY = "attack-tab"
TABS = {"One face": one_face, "Whole file": whole_file, "Sweep over epsilon": sweep_tab}


def main() -> None:
    desk, item = page_head.page("Attack", ABOUT, NEEDS)
    slot, live = st.empty(), None
    if desk.media and not desk.outdated and any(one.verdict for one in desk.judged):
        session.recall(KEY, desk.attack.tab)
        tabs = st.tabs(list(TABS), key=KEY, on_change="rerun")
        for tab, (name, part) in zip(tabs, TABS.items(), strict=True):
            if tab.open:
                desk.attack.tab = name
                with tab, guarding.guard():
                    left, right = st.columns([2, 5], gap="large")
                    with left:
                        part.settings(desk, item)
                        slot = st.empty()  # under the button that starts the work, where the eye is
                    with right:
                        live = live_view.place(desk)
                        part.result(desk, item)
    progress_bar.wait(slot, desk, live)


with guarding.guard():
    main()
