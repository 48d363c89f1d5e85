"""Tell the story of a forged face in eight steps."""

from __future__ import annotations

import streamlit as st

from core.types import InputError
from pages.parts.session.session import Session
from pages.parts.session.shown_records import begin_records, hand_in
from pages.parts.session.uploads import IMAGE_TYPES, take
from pages.parts.story.story_record import story_record
from pages.parts.story.story_state import NAMES, StoryState, go
from pages.parts.story.story_steps import DRAW
from pages.parts.widgets.add_to_case import offer_page
from pages.parts.widgets.focus_bar import show_product
from pages.parts.widgets.guarding import guard
from pages.parts.widgets.page_head import begin_visit, show_failure
from pages.parts.widgets.progress_bar import wait

NEXT = ("Forge it", "Ask the detector", "Why?", "Attack it", "Share it", "Is it noticed?", "Questions", "Begin again")


def main() -> None:
    """Draw the page."""
    session = begin_visit()
    state = session.page_state(StoryState)
    begin_records(session, "Story")
    if shown := story_record(state):
        hand_in(session, shown, of_file=False)
    show_product()
    show_failure(session, "Story")
    slot = st.empty()
    if state.faces is None:
        _opening(session, state)
    else:
        DRAW[NAMES[state.step]](state)
        _buttons(session, state)
    wait(session, slot)


def _opening(session: Session, state: StoryState) -> None:
    st.title("A forged face in eight steps", anchor=False)
    st.header(":gray[Three minutes: forged, judged, explained, attacked, shared, noticed.]", anchor=False)
    st.button("Begin", type="primary", shortcut="Right", disabled=session.busy, on_click=go, args=(session, state, 0))
    with st.expander("With pictures of your own", icon=":material/upload_file:"), st.form("own", border=False):
        real = st.file_uploader("A real face", IMAGE_TYPES)
        forged = st.file_uploader("A forged face", IMAGE_TYPES)
        if st.form_submit_button("Begin with these", disabled=session.busy):
            if real is None or forged is None:
                raise InputError("Choose both pictures: a real face and a forged one.")
            state.begin((real.name, take(real)), (forged.name, take(forged)))
            go(session, state, 0)
            st.rerun()


def _buttons(session: Session, state: StoryState) -> None:
    last = state.step == len(NAMES) - 1
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            NEXT[state.step],
            type="primary",
            shortcut="Right",
            disabled=session.busy,
            on_click=state.begin if last else go,
            args=() if last else (session, state, state.step + 1),
        )
        back = state.step > 0
        st.button(
            "Back",
            shortcut="Left",
            disabled=session.busy or not back,
            on_click=go,
            args=(session, state, state.step - 1),
        )
        st.caption(f"Step {state.step + 1} of {len(NAMES)}", width="content")
        offer_page(session)


with guard():
    main()
