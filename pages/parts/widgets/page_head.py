"""Draw a page's head: the bar with the file and its verdict, problems."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.types import InputError, JudgedFace
from pages.parts.session.file_link import follow_link
from pages.parts.session.judging import judge_again
from pages.parts.session.session import Session, current_session
from pages.parts.widgets.focus_bar import show_bar
from pages.parts.widgets.front_door import ensure_app_entry
from pages.parts.widgets.gone_files import say_what_went
from pages.parts.widgets.guarding import guard, show_problem
from pages.parts.widgets.linked_notice import show_linked
from pages.parts.widgets.page_scripts import run_page_scripts
from pages.parts.widgets.sample_choice import offer_samples
from pages.parts.widgets.tables import plain

SAID_BELOW = ("own", "other copy")  # kinds of work whose failure is said under the button that began it
STYLE = f"<style>{(Path(__file__).parent / 'page.css').read_text('utf-8')}</style>"


def begin_visit() -> Session:
    """Begin a page without a head; return the session."""
    ensure_app_entry()
    session = current_session()
    st.html(STYLE)
    run_page_scripts(session)
    return session


def begin_page(title: str, about: str, needs: str | None = None) -> tuple[Session, JudgedFace | None]:
    """Draw a page's head; return the session and the judged face in focus.

    Args:
        title: the page's title.
        about: one sentence, shown where no file is open.
        needs: what the page would do with a face, shown where there is none; None where it needs none.
    """
    session = begin_visit()
    problem = _follow(session, title)
    say_what_went()
    show_bar(session, title, about)
    if problem:
        show_problem(problem)
    show_failure(session, title)
    with guard():
        show_linked(session)
    if session.media:
        show_problems(session)
    if needs and session.media is None and not session.busy:
        if st.button("Open a file", icon=":material/upload_file:", key="to-start"):
            st.switch_page("pages/inspect.py")
        offer_samples(session, needs)
    focused = session.focused
    if needs and session.media and focused is None and not session.busy:
        st.header(":gray[:material/help:] No verdict: no face was found in this file.", anchor=False)
        if st.button("Open another file", icon=":material/upload_file:", key="to-another"):
            st.switch_page("pages/inspect.py")
    if needs and focused and focused.verdict is None:
        st.info(focused.reason, icon=":material/face:")
    return session, focused if focused and focused.verdict and not session.outdated else None


def say_about(session: Session, about: str) -> None:
    """Say what a page is that shows no result, where the bar names a file instead."""
    if session.media:
        st.markdown(about)


def _follow(session: Session, title: str) -> str | None:
    """Follow the address; return why that could not be done."""
    try:
        follow_link(session, title)
    except InputError as error:
        return str(error)
    return None


def show_problems(session: Session) -> None:
    """Say that the detector cannot be used, or has changed since the faces were judged."""
    if problem := session.detector_problem:
        st.error(f"{plain(problem)} Choose another detector under Detectors.", icon=":material/error:")
    elif session.outdated and not session.busy:
        st.warning("These faces were judged before the detector or its calibration changed.", icon=":material/history:")
        if st.button("Judge again", key="judge-again", icon=":material/refresh:"):
            judge_again(session)
            st.rerun()


def show_failure(session: Session, title: str) -> None:
    """Show what ended the last work, if it failed: on the page that said so first, and no other."""
    if session.ended:
        st.info(plain(f"Ended, as another file was opened: {session.ended}."), icon=":material/info:")
        session.ended = None
    job = session.job
    if job is None or session.busy or not job.problem or job.kind in SAID_BELOW:
        return
    if session.failure_shown is None or session.failure_shown[0] is not job:
        session.failure_shown = job, title
    if session.failure_shown[1] == title:
        show_problem(job.problem)
