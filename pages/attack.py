"""Attack: adversarial attacks on one face, on a whole file, and on many faces at growing epsilons."""

from __future__ import annotations

import streamlit as st

from pages import _attack_face, _live, _state, _sweep, _whole, _widgets

ABOUT = "Change faces so little that nobody sees it, and watch the detector's verdict move."
NEEDS = "Choose a file to put an attack on a face in it, or begin with a sample:"
KEY = "attack-tab"
TABS = {"One face": _attack_face, "Whole file": _whole, "Sweep over epsilon": _sweep}


def main() -> None:
    desk, item = _widgets.page("Attack", ABOUT, NEEDS)
    slot, live = st.empty(), None
    if desk.media and not desk.outdated and any(one.verdict for one in desk.judged):
        _state.recall(KEY, desk.attack.tab)
        tabs = st.tabs(list(TABS), key=KEY, on_change="rerun")
        for tab, (name, part) in zip(tabs, TABS.items(), strict=True):
            if tab.open:
                desk.attack.tab = name
                with tab, _widgets.guard():
                    left, right = st.columns([2, 5], gap="large")
                    with left:
                        part.settings(desk, item)
                        slot = st.empty()  # under the button that starts the work, where the eye is
                    with right:
                        live = _live.place(desk)
                        part.result(desk, item)
    _widgets.wait(slot, desk, live)


with _widgets.guard():
    main()
