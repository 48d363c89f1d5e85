"""Let a click redraw its part of a page, not the whole of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from pages.parts.session.session import Session
from pages.parts.widgets.guarding import guard

R = TypeVar("R")


def redraw_alone(session: Session, draw: Callable[[], R]) -> R | None:
    """Draw a part of a page which a click in it redraws alone.

    While work is going on, the page waits for it and is redrawn whole: Streamlit lets no part of a page interrupt that.
    A container stands where it puts a fragment's: else the browser makes all that is in it anew, and loses the focus.

    Args:
        session: tells whether work is going on.
        draw: draws the part; whatever else has to change after a click in it calls `st.rerun`.
    """
    if session.busy:
        with st.container():
            return draw()
    drawn_before, focus = False, session.focus

    @st.fragment
    def part() -> R | None:
        nonlocal drawn_before
        if drawn_before:
            session.begin_run()
            if session.busy or session.outdated:
                st.rerun()  # the head of the page has more to say
        drawn_before = True
        made = None
        with guard():
            made = draw()
        if session.busy or session.focus != focus:
            st.rerun()  # the click began work or put a face in focus, which the whole page shows
        return made

    found: R | None = part()
    return found
