"""Choose which faces are added to a reference set of a user's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from core import pipeline
from core.engine.faces_to_add import (
    FaceToAdd,
    attack_label,
    case_faces,
    checked_attacks,
    found_face,
    labelled_folder,
    plain_folder,
    unchanged_words,
)
from core.signatures import ATTACKS
from core.types import Array, Face, JudgedFace
from core.types.own_set_values import FaceLabel
from pages.parts.session.current_case import current_case
from pages.parts.session.kept_attacks import latest_attack
from pages.parts.session.session import Session
from pages.parts.session.signature_places import face_in_file
from pages.parts.signatures.signature_settings import SignatureSettings

SOURCES = FACE, FACES, ATTACKED, FOLDER, CASE = (
    "This face",
    "All faces",
    "The attacked face",
    "A folder",
    "The open case",
)
FOLDER_HELP = (
    "On the machine that runs this dashboard. “By folders”: real/ and a folder for each forgery; each forgery "
    "is also attacked, by PGD or FGSM in turn. Else all faces in it are what you say."
)
PEOPLE_HELP = "In real/ and in each forgery, or in the folder itself. Else names of files tell, where they can."
PERSON_HELP = "A name or number; may stay empty. Errors are measured by people: nobody is compared with themselves."
TO_LABEL = "Say what the faces are: real, forged or attacked."


class AskedFaces(NamedTuple):
    """Hold what lists the faces that are asked for.

    missing: what has to be said first; "" for nothing."""

    listed: Callable[[], Sequence[FaceToAdd]]
    missing: str = ""


def sources(session: Session) -> list[str]:
    """List where faces can come from now."""
    case = current_case(session)
    there = {
        FACES: sum(one.verdict is not None for one in session.faces) > 1,
        ATTACKED: latest_attack(session) is not None,
        CASE: bool(case and case.state().exhibits),
    }
    return [one for one in SOURCES if there.get(one, True)]


def ask_more(
    session: Session, judged: JudgedFace, settings: SignatureSettings, source: str, label: FaceLabel | None
) -> AskedFaces:
    """Ask what else has to be known of the faces.

    Args:
        session: whose file is open.
        judged: the face in focus.
        settings: of the page.
        source: one of `sources`.
        label: what the faces are; None where folders say it, or nobody has yet.
    """
    if source == FOLDER:
        return _folder(settings, label)
    if source == CASE:
        return _case(session, label)
    media, focused = session.media, judged.face
    assert media

    def one(face: Face, crop: Array, what: FaceLabel, person: str) -> FaceToAdd:
        return found_face(crop, what, person=person, face=face_in_file(session, face), source=media.name)

    if source == FACES:
        if label is None:
            return AskedFaces(list, TO_LABEL)
        faces = [each.face for each in session.faces if each.verdict]
        return AskedFaces(lambda: [one(face, face.crop, label, "") for face in faces])
    person = st.text_input("Whose face it is", key="own-set-person", help=PERSON_HELP, width=280)
    if source == ATTACKED:
        result = latest_attack(session)
        assert result
        crop, what = pipeline.attacked_crop(result), attack_label(result.attack)
        words = unchanged_words(result.attack, focused.crop, crop)
        return AskedFaces(lambda: [one(focused, crop, what, person)], words)
    if label is None:
        return AskedFaces(list, TO_LABEL)
    return AskedFaces(lambda: [one(focused, focused.crop, label, person)])


def _folder(settings: SignatureSettings, label: FaceLabel | None) -> AskedFaces:
    """Ask for a folder, and whether folders in it are people."""
    typed = st.text_input("Folder", settings.folder, help=FOLDER_HELP, key="own-set-folder").strip()
    settings.folder = typed
    by_folder = st.checkbox("Each folder in it is a person", key="own-set-people", help=PEOPLE_HELP)
    if not typed:
        return AskedFaces(list, "Give the path of a folder first.")
    try:
        data = Path(typed).expanduser()
    except RuntimeError:  # "~nobody"
        return AskedFaces(list, f"There is no home of that name: {typed}")
    if label is None:
        attacks = checked_attacks([name for name, _ in ATTACKS])
        return AskedFaces(lambda: labelled_folder(data, attacks=attacks, person_folders=by_folder))
    return AskedFaces(lambda: plain_folder(data, label, person_folders=by_folder))


def _case(session: Session, label: FaceLabel | None) -> AskedFaces:
    """Ask which files of the open case are meant."""
    case = current_case(session)
    assert case
    exhibits = {one.title: one for one in case.state().exhibits}
    picked = st.multiselect(
        "Files of the case",
        list(exhibits),
        default=list(exhibits),
        format_func=lambda title: f"{title}: {exhibits[title].name}",
        key=f"own-set-exhibits-{case.state().facts.id}",
    )
    if label is None:
        return AskedFaces(list, TO_LABEL)
    chosen = [exhibits[title] for title in picked]
    missing = "" if chosen else "Choose files of the case first."
    return AskedFaces(lambda: case_faces(case, chosen, label), missing)
