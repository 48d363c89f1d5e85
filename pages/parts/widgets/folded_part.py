"""Draw a folded part of a page once somebody opens it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.parts.session.session import Session
from pages.parts.widgets.redrawn_alone import redraw_alone


def fold(session: Session, label: str, draw: Callable[[], None], *, icon: str, key: str) -> None:
    """Draw a closed part; what is in it is made once it is open.

    Args:
        session: tells whether work is going on.
        label: of the part.
        draw: draws what is in it.
        icon: beside the label, a Material one.
        key: remembers whether it is open.
    """

    def part() -> None:
        place = st.expander(label, icon=icon, key=key, on_change="rerun")
        if place.open:
            with place:
                draw()

    redraw_alone(session, part)
