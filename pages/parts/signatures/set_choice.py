"""Choose the reference set that a face is compared with."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core import pipeline
from core.output.own_set_sentences import behind_words, set_sentence, unknown_sentence
from core.signatures import DEFAULT_SET, KINDS, ReferenceSet
from core.signatures.own_faces import set_names
from core.signatures.own_sets import is_behind, is_made
from core.signatures.reference import misfit
from core.types.model_card import ReferenceSetCard
from pages.parts.session.own_set_jobs import CHANGES, build_again
from pages.parts.session.page_state import set_widget
from pages.parts.session.session import Session
from pages.parts.signatures.own_set_form import FOLD
from pages.parts.signatures.signature_settings import SignatureSettings
from pages.parts.widgets.tables import plain

SHIPPED = "Shipped references"


def chosen_set(session: Session, settings: SignatureSettings) -> ReferenceSet | None:
    """Draw the choice; return the set, or say why it does not fit."""
    own = set_names()
    if settings.references not in own:
        settings.references = DEFAULT_SET
    if own:
        _choose(session, settings, own)
    name = settings.references
    mine = name != DEFAULT_SET
    changing = session.busy and session.job is not None and session.job.kind == CHANGES  # it says itself what it does
    if mine and not changing and is_behind(name):
        _behind(session, name)
    if mine and not is_made(name):
        return None
    references = pipeline.load_reference_set() if name == DEFAULT_SET else pipeline.load_reference_set(name)
    if why := misfit(references.card, session.detector):
        _refuse(session, references.card, why)
        return None
    settings.now_of(references)
    return references


def words_on(references: ReferenceSet) -> list[str]:
    """Say what a face is compared with, and whom the set does not know."""
    if references.card.name == DEFAULT_SET:
        return [words] if (words := unknown_sentence(references.card)) else []
    counts = np.bincount(references.kinds.astype(np.int64), minlength=len(KINDS)).tolist()
    said = [set_sentence(references.card, dict(zip(KINDS, counts, strict=True))), unknown_sentence(references.card)]
    return [words for words in said if words]


def _choose(session: Session, settings: SignatureSettings, own: list[str]) -> None:
    names = [DEFAULT_SET, *own]
    picked = st.selectbox(
        "Compared with",
        names,
        names.index(settings.references),
        format_func=lambda name: SHIPPED if name == DEFAULT_SET else name,
        key=f"references-{settings.references}-{len(names)}",
        disabled=session.busy,
        width=320,
    )
    if picked != settings.references:
        settings.references = str(picked)
        st.rerun()


def _behind(session: Session, name: str) -> None:
    """Say that a set waits to be made again, and offer it."""
    words = behind_words(name)
    st.info(plain(f"{words[:1].upper()}{words[1:]}: work on it was ended or is going on."), icon=":material/info:")
    if st.button("Make it of all its faces", icon=":material/refresh:", disabled=session.busy):
        build_again(session, name)
        st.rerun()


def _refuse(session: Session, card: ReferenceSetCard, why: str) -> None:
    """Say why a face has no place in a set, and offer another."""
    mine = session.detector_name
    st.warning(
        f"{plain(why[:1].upper() + why[1:])}: so a signature by {plain(mine)} has no place among them. Choose "
        f"{plain(card.detector)} under Detectors, or make a set of your own for {plain(mine)}.",
        icon=":material/warning:",
    )
    st.button(
        f"Make a set for {plain(mine)}",
        type="primary",
        icon=":material/library_add:",
        on_click=lambda: set_widget(FOLD, True),
        disabled=session.busy,
    )
    st.caption("Below, from this face, a folder or a case; or by a command:")
    st.code(f"python -m core signatures add NAME --data DIR --detector {mine}", language="bash")
