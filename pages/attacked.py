"""Say whether a face was attacked, on what grounds, and what passes unseen."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core import pipeline
from core.explain import EXPLAINERS
from core.output.attack_answer_sentences import answer_sentence, both_sentence, limit_sentence
from core.output.attack_results_record import asked_attacks_record
from core.output.records import Record, face_record
from core.output.shown_record import ShownRecord, csv_file
from core.output.text import colour_words
from core.types import AttackResult, JudgedFace
from core.types.attack_answer import SIGNS
from pages.parts.attacked.asked_faces import AskedFace, asked_faces
from pages.parts.attacked.other_copy import draw_other_copy
from pages.parts.attacked.scope_panel import show_scope
from pages.parts.attacked.two_parts import draw_parts
from pages.parts.session.attack_answers import ask, reach_of
from pages.parts.session.attack_work import recorded_attack
from pages.parts.session.kept_attacks import latest_attack
from pages.parts.session.session import Session
from pages.parts.session.shown_records import hand_in
from pages.parts.session.shown_weights import weights_shown
from pages.parts.session.signature_answers import not_comparable
from pages.parts.widgets.badges import LOOKS
from pages.parts.widgets.chart_widgets import show_colour_bar
from pages.parts.widgets.drawn_maps import coloured, map_scale
from pages.parts.widgets.guarding import guard
from pages.parts.widgets.page_head import begin_page
from pages.parts.widgets.picture_compare import ComparedPicture, compare_pictures
from pages.parts.widgets.progress_bar import wait
from pages.parts.widgets.tables import csv_button, json_button, plain

ABOUT = "Was the face perturbed, and does that carry the detector's verdict? Signs of an attack need both."


def main() -> None:
    """Draw the page."""
    session, judged = begin_page(
        "Was it attacked?", ABOUT, "Choose a file to ask whether a face in it was attacked, or begin with a sample:"
    )
    slot = st.empty()
    if judged:
        _answer(session, judged)
    wait(session, slot)


def _answer(session: Session, judged: JudgedFace) -> None:
    result = latest_attack(session)
    faces, not_compared = asked_faces(session, judged, result), not_comparable(session)
    said = _head(session, faces, result, to_compare=not_compared is None)
    _pictures(list(faces.values()))
    draw_parts(faces, result, not_compared)
    answers = [face.asked.answer for face in faces.values() if face.asked]
    signatures = [face.signature for face in faces.values() if face.signature]
    rows: list[dict[str, str]] = []
    with guard():
        rows = show_scope(session, answers, signatures[0].measured if signatures else None)
    with guard():
        draw_other_copy(session)
    records = asked_attacks_record({name: face.record for name, face in faces.items()})
    if answers:
        settings = _settings(session, judged, result)
        asked = [face.asked for face in faces.values()]
        more = pipeline.load_reference_set() if signatures else None
        weights = weights_shown(session, [result.attack] if result else (), asked=asked, more=more)
        shown = ShownRecord("attack-answer", said, settings, records, {"measured.csv": csv_file(rows)}, weights)
        hand_in(session, shown, about=judged.face.id)
    with st.container(horizontal=True):
        json_button("Result as JSON", records, "attacked.json", key="attacked-json")
        csv_button("What was measured as CSV", rows, "attack-answer.csv", key="attacked-csv")


def _settings(session: Session, judged: JudgedFace, result: AttackResult | None) -> Record:
    """Record what the answers depend on: face, verdict, and attack."""
    return {
        "detector": session.detector.version,
        "frames": session.frames_searched,
        "face": face_record(judged.face),
        "logits": judged.verdict and judged.verdict.logits,
        "attack": recorded_attack(session),
        "attacked": result and result.id,
    }


def _head(session: Session, faces: Mapping[str, AskedFace], result: AttackResult | None, *, to_compare: bool) -> str:
    """Draw the sentence, its limit and the button; return the sentence."""
    reach = reach_of(session)
    clean, *attacked = (face.asked.answer if face.asked else None for face in faces.values())
    said = answer_sentence(clean, reach)
    if result and (clean or attacked[0]):
        said = both_sentence(clean, attacked[0], reach, turned=result.success)
    colour, icon = LOOKS["attacked" if clean and clean.label == SIGNS else "inconclusive"]
    st.header(f":{colour}[:material/{icon}:] {plain(said)}", anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        if asked := clean or next(iter(attacked), None):
            st.caption(plain(limit_sentence(asked, reach)), width="stretch")
        _ask(session, list(faces.values()), to_compare=to_compare)
    return said


def _ask(session: Session, faces: list[AskedFace], *, to_compare: bool) -> None:
    """Draw the button that asks, where something is missing.

    `to_compare`: whether signatures can be compared with references.
    """
    answered, mapped = all(face.asked for face in faces), all(face.attribution for face in faces)
    if answered and mapped and not (to_compare and not all(face.signature for face in faces)):
        return
    label = "Look for signs of an attack"
    if answered:
        label = "Compare the signature with attacked ones" if mapped else "Show what the attack detector reads"
    if st.button(label, type="primary", icon=":material/policy:", disabled=session.busy):
        ask(session, [(face.crop, face.verdict) for face in faces], maps=True)
        st.rerun()


def _pictures(faces: list[AskedFace]) -> None:
    """Show the faces beside the maps that the attack detector reads."""
    maps = [face.attribution for face in faces if face.attribution]
    scale = map_scale([one.map for one in maps]) if maps else 1.0
    pictures = []
    for face in faces:
        pictures.append(ComparedPicture(face.title, face.alt, face.crop))
        if one := face.attribution:
            drawn = coloured(one, scale)
            title = f"{EXPLAINERS[one.method].title}: {face.title.lower()}"
            alt = f"The map that the attack detector reads: {face.title.lower()}"
            pictures.append(ComparedPicture(title, alt, drawn, one.map))
    compare_pictures(pictures, key="attacked", pair=(0, 2) if len(pictures) == 4 else (0, 1))
    if maps:
        words = colour_words(maps[0].target) if maps[0].signed else "Bright is what moved the score."
        st.caption(f"The map is what the attack detector reads. {words}")
        with st.container(width=520):
            show_colour_bar(maps[0].signed, scale, key="bar-attacked")


with guard():
    main()
