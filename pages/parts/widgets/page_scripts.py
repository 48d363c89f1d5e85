"""Run what every page runs in the browser."""

from __future__ import annotations

from pathlib import Path

from streamlit.components.v2 import component

from pages.parts.session.session import COOKIE, Session

HERE = Path(__file__).parent


def run_page_scripts(session: Session) -> None:
    """Let a browser find its session again, and keep the keyboard's focus.

    It is told the session's token, which goes nowhere but back to this server. The focus stays where it was while pages
    are drawn anew.
    """
    _SCRIPTS(key="page-scripts", data={"name": COOKIE, "token": session.token})


_STEMS = ("visit_cookie", "kept_focus", "page_scripts")  # the last one runs what the others define
_SCRIPTS = component("prosopon_page", js="\n".join((HERE / f"{stem}.js").read_text("utf-8") for stem in _STEMS))
