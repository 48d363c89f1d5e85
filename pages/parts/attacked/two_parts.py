"""Show what each part found in each face, one line each."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.output.attack_answer_sentences import attack_detector_sentence, signs_sentence
from core.output.signature_answer_words import signature_answer_sentence
from core.types import AttackResult
from pages.parts.attacked.asked_faces import AskedFace
from pages.parts.widgets.badges import attack_badge
from pages.parts.widgets.page_links import offer_attack
from pages.parts.widgets.signature_errors import attack_titles
from pages.parts.widgets.tables import plain
from pages.parts.widgets.verdict_words import verdict_clause


def draw_parts(faces: Mapping[str, AskedFace], result: AttackResult | None, not_compared: str | None) -> None:
    """Draw each face's parts; beside a face alone, the way to attack it.

    `not_compared`: why its signature is not asked; None where it can be.
    """
    columns = st.columns(2, gap="large")
    for column, (name, face) in zip(columns, faces.items(), strict=False):
        with column:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.subheader(face.title, anchor=False, width="content")
                if result:  # of a face alone, the page's sentence says it
                    turned = name == "attacked" and result.success
                    attack_badge(face.asked.answer if face.asked else None, attacked_here=turned)
            st.caption(f"Deepfake detector: {verdict_clause(face.verdict)}.")
            _lines(face, not_compared)
    if result is None:
        with columns[1]:
            offer_attack("to-attack-asked")


def _lines(face: AskedFace, not_compared: str | None) -> None:
    if face.asked is None:
        return
    answer, verdict, reason = face.asked
    st.markdown(f"**Attack signs, which decide:** {plain(signs_sentence(answer))}")
    st.markdown(f"**Attack detector, beside them:** {plain(attack_detector_sentence(answer, verdict, reason))}")
    if one := face.signature:
        st.markdown(f"**Signature, beside them:** {plain(signature_answer_sentence(one, attack_titles()))}")
    elif not_compared:
        st.markdown(f"**Signature, beside them:** {plain(not_compared)}")
