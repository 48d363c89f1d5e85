"""The head of every page: title, face in focus, samples."""

from __future__ import annotations

import streamlit as st

from core.media_attack import samples
from core.output import screen
from core.output.text import percent as percent
from core.output.text import settings_words as settings_words
from core.output.text import shown_value as shown_value
from core.types import InputError, Judged
from pages.parts.session import session
from pages.parts.widgets.front_door import by_the_front_door
from pages.parts.widgets.guarding import guard
from pages.parts.widgets.tables import csv_button as csv_button
from pages.parts.widgets.tables import csv_text as csv_text
from pages.parts.widgets.tables import facts as facts
from pages.parts.widgets.tables import json_button as json_button
from pages.parts.widgets.tables import plain as plain
from pages.parts.widgets.tables import shown as shown
from pages.parts.widgets.verdict_card import (
    NO_VERDICT,
    attack_badge,
    badge,
    score,
)

ASK = "Asks the attack detector whether somebody tampered with the verdict on this face."
SAMPLE = 160, 196  # pixels of a sample, wide and high: four stand side by side on a wide screen, two on a narrow one


def page(title: str, about: str, needs: str | None = None) -> tuple[session.Desk, Judged | None]:
    """Draw a page's head: title, bar and what is going on; the desk, and the face in focus if it has a verdict.

    Args:
        title: the page's.
        about: one sentence.
        needs: what the page would do with a face, said where there is none; None where it needs none.
    """
    by_the_front_door()
    desk = session.desk()
    st.title(title, anchor=False)
    st.caption(about)
    _failure(desk)
    if desk.media:
        _bar(desk)
        _warn(desk)
    if needs and desk.media is None and not desk.busy:
        empty(desk, needs)
    item = desk.item
    if needs and desk.media and item is None:
        st.info("No face was found in this file, so there is no verdict.", icon=":material/face:")
    if needs and item and item.verdict is None:
        st.info(item.reason, icon=":material/face:")
    return desk, item if item and item.verdict and not desk.outdated else None


def _warn(desk: session.Desk) -> None:
    """What is wrong with the verdicts there are: of a detector that is gone, or as it was before a change."""
    if desk.broken:
        st.error(f"{plain(desk.broken)} Choose another detector under Detectors.", icon=":material/error:")
    elif desk.outdated and not desk.busy:
        st.warning("These faces were judged before the detector or its calibration changed.", icon=":material/history:")
        if st.button("Judge again", key="judge-again", icon=":material/refresh:"):
            desk.judge_again()
            st.rerun()


def _failure(desk: session.Desk) -> None:
    if desk.job and not desk.busy and desk.job.error:
        with guard():
            raise desk.job.error


def empty(desk: session.Desk, sentence: str) -> None:
    """What an empty page shows: one sentence, and samples to click."""
    st.markdown(sentence)
    with st.container(horizontal=True):
        for sample in samples.SAMPLES:
            with st.container(border=True, width=SAMPLE[0], height=SAMPLE[1]):
                if st.button(sample.title, key=f"sample-{sample.name}", width="stretch"):
                    desk.open_sample(sample.name)
                    st.rerun()
                st.caption(sample.help)


def _bar(desk: session.Desk) -> None:
    """The face in focus: thumbnail, file, place, digest, detector, both verdicts, and the choice of another."""
    media, item = desk.media, desk.item
    assert media is not None
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="bar"):
        if item:
            st.image(item.face.crop, width=56, output_format="PNG", alt="Crop of the face in focus")
        with st.container(width=270, gap=None):
            st.markdown(f"**{plain(media.name)}**")
            st.caption(f"{_place(desk)} · SHA-256 {media.id[:10]}", help=f"Of the whole file: {media.id}")
        with st.container(width=180, gap=None):
            st.caption(f"Detector: {plain(desk.detector_name)}")
            if desk.outdated:
                badge("Not judged yet", "inconclusive", "By this detector, as it is now.")
            else:
                _deepfake_badge(item)
        if item and item.verdict and not desk.outdated:
            with st.container(width=130, gap=None):
                st.caption("Attack detector")
                _attack_answer(desk, item)
        if len(desk.judged) > 1:
            with st.popover("Choose face", icon=":material/switch_account:"):
                _chooser(desk)


def _place(desk: session.Desk) -> str:
    if desk.item is None or desk.media is None:
        return "no face"
    if desk.media.kind == "image":
        return f"face {desk.index + 1} of {len(desk.judged)}"
    return f"frame {desk.item.face.frame}, track {desk.item.face.track}"


def _chooser(desk: session.Desk) -> None:
    picked = st.selectbox(
        "Face in focus", range(len(desk.judged)), index=desk.index, format_func=lambda i: face_name(desk, i)
    )
    if picked != desk.index:
        desk.choose(picked)
        st.rerun()


def face_name(desk: session.Desk, index: int) -> str:
    """A judged face in words."""
    item = desk.judged[index]
    said = f"{item.verdict.band}, {score(item.verdict)}" if item.verdict else NO_VERDICT
    if desk.media and desk.media.kind == "image":
        return f"Face {index + 1}: {said}"
    return f"Frame {item.face.frame}, track {item.face.track}: {said}"


def _deepfake_badge(item: Judged | None) -> None:
    if item is None or item.verdict is None:
        badge(NO_VERDICT, "inconclusive", item.reason if item else "No face was found in this file.")
    else:
        badge(item.verdict.band, screen.BANDS[item.verdict.band], f"{score(item.verdict)} of “fake”")


def _attack_answer(desk: session.Desk, item: Judged) -> None:
    """What the attack detector said of the face in focus, or the way to ask it."""
    assert item.verdict
    try:
        found = desk.answer(item.face.crop, item.verdict)
    except InputError as error:
        badge("Not available", "inconclusive", str(error))
        return
    if found:
        attack_badge(found)
    elif st.button("Ask", key="ask", icon=":material/policy:", disabled=desk.busy, help=ASK):
        desk.ask([(item.face.crop, item.verdict)])
        st.rerun()


def go_and_attack() -> None:
    """What stands where an attacked face would be."""
    st.markdown("No attack was put on this face yet. With one, clean and attacked stand side by side here.")
    if st.button("Go to Attack", icon=":material/bolt:"):
        st.switch_page("pages/attack.py")
