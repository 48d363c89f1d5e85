"""Let a browser find its session again after a reload."""

from __future__ import annotations

from pathlib import Path

from streamlit.components.v2 import component

from pages.parts.session.session import COOKIE, Session

_SOURCE = (Path(__file__).parent / "visit_cookie.js").read_text("utf-8")


def keep_visit(session: Session) -> None:
    """Tell the browser the session's token; it goes nowhere but back to this server."""
    _VISIT(key="visit", data={"name": COOKIE, "token": session.token})


_VISIT = component("prosopon_visit", js=_SOURCE, css=":host { display: none; }")
