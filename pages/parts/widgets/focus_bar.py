"""Show the bar that every page begins with: the file and its verdict."""

from __future__ import annotations

import streamlit as st

from core.detectors import DEFAULT
from core.output import screen
from core.output.text import NO_VERDICT
from core.output.verdict_sentences import file_sentence
from core.types import InputError, JudgedFace
from pages.parts.session.attack_answers import ask, attack_answer
from pages.parts.session.file_verdicts import verdict_on_file
from pages.parts.session.page_state import follow_setting, widget_value
from pages.parts.session.session import Session
from pages.parts.session.shown_records import begin_records
from pages.parts.widgets.add_to_case import exhibit_words, offer_case, offer_page
from pages.parts.widgets.badges import attack_badge, badge
from pages.parts.widgets.encoded_images import drawn_png
from pages.parts.widgets.queue_steps import QueueSteps, queue_steps, show_steps
from pages.parts.widgets.tables import plain
from pages.parts.widgets.verdict_words import face_words

ASK_HELP = "Looks for signs that somebody tampered with the verdict on this face."
THUMBNAIL = 40  # pixels


def show_product(title: str | None = None) -> None:
    """Show the product's name, and under it the page's."""
    with st.container(width="content", gap=None, key="bar-product"):
        st.caption("**Prosopon**")
        if title:
            st.title(title, anchor=False, width="content")


def show_bar(session: Session, title: str, about: str) -> None:
    """Show the page's name with the open file, or with a sentence."""
    begin_records(session, title)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="bar"):
        show_product(title)
        if session.media is None:
            st.caption(about, width="stretch")
            offer_page(session)
            return
        focused = session.focused
        if focused:
            small = drawn_png(f"crop {focused.face.id}", lambda: focused.face.crop, longest=THUMBNAIL)
            st.image(small, width=THUMBNAIL, output_format="PNG", alt="Crop of the face in focus")
        steps = queue_steps(session)
        with st.container(width="stretch", gap=None, key="bar-file"):
            # One line each: what is cut is read whole by a pointer on it, and by screen readers.
            st.markdown(f"**{plain(session.media.name)}**", wrap=False)
            st.caption(" · ".join(_places(session, steps)), wrap=False)
        with st.container(width="content", gap="xxsmall", key="bar-verdicts"):
            _file_badge(session)
            if focused and focused.verdict and not session.outdated:
                _attack_answer(session, focused)
        if len(session.faces) > 1:
            with st.popover("Faces", icon=":material/switch_account:"):
                _choose_face(session)
        if steps:
            show_steps(session, steps)
        offer_case(session)


def _file_badge(session: Session) -> None:
    """Show the word on the whole file; the sentence behind it is its help."""
    assert session.media
    found = verdict_on_file(session)
    if found is None:
        word = "Not judged yet" if session.faces else NO_VERDICT
        badge(word, "inconclusive", "By this detector, as it is now." if session.faces else "No face was found.")
        return
    badge(found.band, screen.BANDS[found.band], file_sentence(found, session.media.fps))


def _places(session: Session, steps: QueueSteps | None) -> list[str]:
    """Say the file's place in the queue, its face in focus, detector and exhibit."""
    others = [plain(session.detector_name)] if session.detector_name != DEFAULT else []
    exhibit = exhibit_words(session)
    return [*([steps.words] if steps else []), _face_place(session), *others, *([exhibit] if exhibit else [])]


def _face_place(session: Session) -> str:
    """Say where the face in focus is, and its verdict."""
    focused = session.focused
    if focused is None or session.media is None:
        return "no face"
    if session.media.kind == "image":
        place = f"face {session.focus + 1} of {len(session.faces)}"
    else:
        place = f"frame {focused.face.frame}, face {focused.face.track + 1}"
    if len(session.faces) == 1 or session.outdated:
        return place
    return f"{place}: {focused.verdict.band.lower() if focused.verdict else NO_VERDICT.lower()}"


def _choose_face(session: Session) -> None:
    """List the faces; the chosen one is in focus before the page is drawn."""
    key = f"face-in-focus-{session.opened}"
    follow_setting(key, session.focus)
    st.selectbox(
        "Face in focus",
        range(len(session.faces)),
        format_func=lambda i: face_words(session.media, session.faces, i),
        key=key,
        on_change=lambda: session.put_in_focus(widget_value(key)),
    )


def _attack_answer(session: Session, focused: JudgedFace) -> None:
    """Show the answer on the face in focus, or the button that asks."""
    assert focused.verdict
    try:
        asked = attack_answer(session, focused.face.crop)
    except InputError as error:
        badge("Attack: not available", "inconclusive", str(error))
        return
    if asked:
        attack_badge(asked.answer)
    elif st.button(
        "Attacked?", key="ask", type="tertiary", icon=":material/policy:", disabled=session.busy, help=ASK_HELP
    ):
        ask(session, [(focused.face.crop, focused.verdict)])
        st.rerun()
