"""Run what every page runs in the browser."""

from __future__ import annotations

from pathlib import Path

from streamlit.components.v2 import component

from pages.parts.session.session import COOKIE, Session

HERE = Path(__file__).parent


def keep_visit(session: Session) -> None:
    """Let a browser find its session again after a reload.

    It is told the session's token, which goes nowhere but back to this server.
    """
    _VISIT(key="visit", data={"name": COOKIE, "token": session.token})


def keep_focus() -> None:
    """Leave the keyboard's focus where it was while pages are drawn anew."""
    _FOCUS(key="kept-focus")


_VISIT = component("prosopon_visit", js=(HERE / "visit_cookie.js").read_text("utf-8"))
_FOCUS = component("prosopon_focus", js=(HERE / "kept_focus.js").read_text("utf-8"))
