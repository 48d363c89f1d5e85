"""Show the face in focus on every page: file, verdicts, choice of face."""

from __future__ import annotations

import streamlit as st

from core.types import InputError, JudgedFace
from pages.parts.session.attack_answers import ask, attack_answer
from pages.parts.session.session import Session
from pages.parts.widgets.add_to_case import offer_case
from pages.parts.widgets.badges import attack_badge, badge, verdict_badge
from pages.parts.widgets.tables import plain
from pages.parts.widgets.verdict_words import face_words

ASK_HELP = "Looks for signs that somebody tampered with the verdict on this face."


def show_focus(session: Session) -> None:
    """Show the thumbnail, the file, both verdicts, faces, the way into the case."""
    media, focused = session.media, session.focused
    assert media is not None
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="bar"):
        if focused:
            st.image(focused.face.crop, width=56, output_format="PNG", alt="Crop of the face in focus")
        with st.container(width=270, gap=None):
            st.markdown(f"**{plain(media.name)}**")
            st.caption(f"{_place(session)} · SHA-256 {media.id[:10]}", help=f"Of the whole file: {media.id}")
        with st.container(width=180, gap=None):
            st.caption(f"Detector: {plain(session.detector_name)}")
            if session.outdated:
                badge("Not judged yet", "inconclusive", "By this detector, as it is now.")
            else:
                verdict_badge(focused)
        if focused and focused.verdict and not session.outdated:
            with st.container(width=190, gap=None):
                st.caption("Was it attacked?")
                _attack_answer(session, focused)
        if len(session.faces) > 1:
            with st.popover("Choose face", icon=":material/switch_account:"):
                _choose_face(session)
        offer_case(session)


def _place(session: Session) -> str:
    """Say where in its file the face in focus is."""
    focused = session.focused
    if focused is None or session.media is None:
        return "no face"
    if session.media.kind == "image":
        return f"face {session.focus + 1} of {len(session.faces)}"
    return f"frame {focused.face.frame}, track {focused.face.track}"


def _choose_face(session: Session) -> None:
    picked = st.selectbox(
        "Face in focus",
        range(len(session.faces)),
        index=session.focus,
        format_func=lambda i: face_words(session.media, session.faces, i),
    )
    if picked != session.focus:
        session.focus = picked
        st.rerun()


def _attack_answer(session: Session, focused: JudgedFace) -> None:
    """Show the answer on the face in focus, or the button that asks."""
    assert focused.verdict
    try:
        asked = attack_answer(session, focused.face.crop)
    except InputError as error:
        badge("Not available", "inconclusive", str(error))
        return
    if asked:
        attack_badge(asked.answer)
    elif st.button("Ask", key="ask", icon=":material/policy:", disabled=session.busy, help=ASK_HELP):
        ask(session, [(focused.face.crop, focused.verdict)])
        st.rerun()
