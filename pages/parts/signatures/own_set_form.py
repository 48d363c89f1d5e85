"""Add faces to a reference set of a user's own."""

from __future__ import annotations

import streamlit as st

from core.attacks import ATTACKS
from core.engine.faces_to_add import attack_label
from core.engine.own_set_work import check_new_name, kind_of_set, set_facts
from core.signatures import SIGNATURES
from core.signatures.own_faces import check_fits_set, set_names
from core.types import InputError, JudgedFace
from core.types.own_set_values import UNKNOWN_ATTACK, FaceLabel
from pages.parts.session.own_set_jobs import start_adding
from pages.parts.session.session import Session
from pages.parts.signatures.face_sources import ATTACKED, CASE, FACE, FACES, FOLDER, AskedFaces, ask_more, sources
from pages.parts.signatures.signature_settings import SignatureSettings
from pages.parts.widgets.folded_part import fold
from pages.parts.widgets.guarding import guard

FOLD, TITLE = "own-set-form", "Add faces to a set of your own"
REAL, FORGED, BY_ATTACK, BY_FOLDERS = "real", "forged", "attacked", "by folders"
NEW = "a new set"
KEPT = "Kept on this machine: the signature, map and a picture of 64 pixels of each face."


def show_form(session: Session, judged: JudgedFace) -> None:
    """Draw the form once it is asked for."""
    fold(session, TITLE, lambda: _form(session, judged), icon=":material/library_add:", key=FOLD)


def _form(session: Session, judged: JudgedFace) -> None:
    settings, options = session.page_state(SignatureSettings), sources(session)
    source = str(st.segmented_control("Which faces", options, default=FACE, required=True, key=f"{FOLD}-from"))
    if source not in options:  # the attack or the case that it was of is gone
        source = FACE
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = None if source == ATTACKED else _label(source)
        name = _name(settings)
        kind = _kind(name)
    asked = ask_more(session, judged, settings, source, label)
    st.caption(KEPT)
    if st.button("Add to the set", type="primary", icon=":material/add:", disabled=session.busy, key=f"{FOLD}-add"):
        with guard():
            _start(session, settings, name, kind, asked)
            st.rerun()


def _name(settings: SignatureSettings) -> str:
    """Ask for the set: one that is there, or a new name."""
    names, chosen = set_names(), settings.references
    if names:
        options = [*names, NEW]
        at = options.index(chosen) if chosen in names else len(names)
        picked = str(st.selectbox("Set", options, at, key=f"{FOLD}-set-{len(names)}-{chosen}", width=220))
        if picked != NEW:
            return picked
    typed = st.text_input("Name of the new set", placeholder="a-z, 0-9, - and _", key=f"{FOLD}-new", width=220)
    return typed.strip()


def _kind(name: str) -> str | None:
    """Ask for the kind of signatures of a new set, or None."""
    if name in set_names():
        return None
    return str(
        st.selectbox(
            "Kind of signatures",
            list(SIGNATURES),
            format_func=lambda one: SIGNATURES[one].title,
            key=f"{FOLD}-kind",
            width=300,
        )
    )


def _label(source: str) -> FaceLabel | None:
    """Ask what the faces are.

    None where folders say it, or nobody has said it yet."""
    of_folder = source == FOLDER
    said = st.segmented_control(
        "They are" if source in (FACES, FOLDER, CASE) else "It is",
        [*([BY_FOLDERS] if of_folder else []), REAL, FORGED, BY_ATTACK],
        default=BY_FOLDERS if of_folder else None,
        required=of_folder,
        key=f"{FOLD}-label-{of_folder}",
    )
    if said != BY_ATTACK:
        return {REAL: FaceLabel("real"), FORGED: FaceLabel("fake")}.get(str(said))
    attack = st.selectbox(
        "By which attack",
        [UNKNOWN_ATTACK, *ATTACKS],
        format_func=lambda one: "not known" if one == UNKNOWN_ATTACK else ATTACKS[one].title,
        key=f"{FOLD}-attack",
        width=220,
    )
    return attack_label(str(attack))


def _start(session: Session, settings: SignatureSettings, name: str, kind: str | None, asked: AskedFaces) -> None:
    """Start to add faces, or say what is missing.

    Args:
        session: whose detector's signatures they are.
        settings: of the page, which shows the set afterwards.
        name: of the set.
        kind: of signatures of a new set.
        asked: the faces.
    """
    if not name:
        raise InputError("Give the new set a name.")
    if asked.missing:
        raise InputError(asked.missing)
    check_new_name(name)
    check_fits_set(name, set_facts(session.detector, kind_of_set(name, kind)))

    def done() -> None:
        settings.references = name

    start_adding(session, name, asked.listed, kind=kind, done=done)
