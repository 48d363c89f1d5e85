"""Was it attacked? The answer, the lines that speak for it, and what it can and cannot find."""

from __future__ import annotations

import streamlit as st

from core import pipeline
from core.explain import EXPLAINERS
from core.output import screen
from core.output.attack_results_record import asked_attacks_record
from core.output.shown_record import ShownRecord, csv_file
from core.types import Array, JudgedFace, Verdict
from core.types.attack_answer import NO_SIGN, PROCESSED, SIGNS, UNDECIDED, AskedOfFace, AttackAnswer
from pages.parts.attacked.other_copy import draw_other_copy
from pages.parts.attacked.scope_panel import show_scope
from pages.parts.session.attack_answers import AskedAttack, ask, attack_answer, attack_detector_map
from pages.parts.session.kept_attacks import latest_attack
from pages.parts.session.session import Session
from pages.parts.session.shown_records import hand_in
from pages.parts.widgets.badges import LOOKS
from pages.parts.widgets.chart_widgets import show_colour_bar
from pages.parts.widgets.guarding import guard
from pages.parts.widgets.page_head import begin_page
from pages.parts.widgets.page_links import offer_attack
from pages.parts.widgets.picture_compare import ComparedPicture, compare_pictures
from pages.parts.widgets.progress_bar import wait
from pages.parts.widgets.tables import csv_button, json_button, plain
from pages.parts.widgets.verdict_words import verdict_clause

ABOUT = "Was the face perturbed, and does that carry the detector's verdict? Signs of an attack need both."
TITLES = {"clean": "The face as it came", "attacked": "Attacked here: the saved PNG, re-opened"}
MEANINGS = {
    SIGNS: "The face was changed, and the change moves this detector along its own gradient. Its verdict may be "
    "the change's work.",
    PROCESSED: "The face carries noise or traces of processing, as honest media often do. The verdict does not hang on "
    "them.",
    UNDECIDED: "Something speaks for an attack, and not enough of it.",
    NO_SIGN: "Nothing of the kinds that are looked for. That is not “untouched”: see below what passes unseen.",
}


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
    assert judged.verdict
    result = latest_attack(session)
    faces = {"clean": (judged.face.crop, judged.verdict)}
    if result:
        faces["attacked"] = pipeline.attacked_crop(result), result.after
    _ask(session, list(faces.values()))
    columns = st.columns(2, gap="large")
    for column, (name, face) in zip(columns, faces.items(), strict=False):
        with column, guard():
            missed = name == "attacked" and result is not None and result.success
            _side(session, TITLES[name], *face, attacked_here=missed)
    if not result:
        with columns[1]:
            offer_attack()
    _pictures(session, {name: crop for name, (crop, _) in faces.items()})
    with guard():
        draw_other_copy(session)
    rows = show_scope(session)
    records = asked_attacks_record({name: _asked(session, crop) for name, (crop, _) in faces.items()})
    answers = {name: asked.answer for name, (crop, _) in faces.items() if (asked := attack_answer(session, crop))}
    if answers:
        said = "; ".join(f"{TITLES[name]}: {answer.label}" for name, answer in answers.items())
        settings = {"detector": session.detector.version, "attacked": result and result.id}
        shown = ShownRecord("attack-answer", said, settings, records, {"measured.csv": csv_file(rows)})
        hand_in(session, shown, about=judged.face.id)
    with st.container(horizontal=True):
        json_button("Result as JSON", records, "attacked.json", key="attacked-json")
        csv_button("What was measured as CSV", rows, "attack-answer.csv", key="attacked-csv")


def _ask(session: Session, faces: list[tuple[Array, Verdict]]) -> None:
    """Draw the button that asks, where something is missing."""
    if all(attack_answer(session, crop) and attack_detector_map(session, crop) for crop, _ in faces):
        return
    if st.button("Look for signs of an attack", type="primary", icon=":material/policy:", disabled=session.busy):
        ask(session, faces, maps=True)
        st.rerun()


def _side(session: Session, title: str, crop: Array, deepfake: Verdict, *, attacked_here: bool) -> None:
    """Show the answer about one face."""
    st.header(title, anchor=False)
    asked = attack_answer(session, crop)
    with st.container(border=True):
        _words(asked, attacked_here=attacked_here)
    st.caption(f"Deepfake detector: {verdict_clause(deepfake)}.")


def _asked(session: Session, crop: Array) -> AskedOfFace:
    """Gather all that was asked of a face, and the map that was made for it."""
    asked, attribution = attack_answer(session, crop), attack_detector_map(session, crop)
    if asked is None:
        return AskedOfFace(None, None, None, attribution)
    return AskedOfFace(asked.answer, asked.verdict, asked.reason, attribution)


def _pictures(session: Session, faces: dict[str, Array]) -> None:
    """Show the faces beside the maps that the paper's attack detector reads."""
    maps = {name: found for name, crop in faces.items() if (found := attack_detector_map(session, crop))}
    scale = screen.scale_of([one.map for one in maps.values()]) if maps else 1.0
    pictures = []
    for name, crop in faces.items():
        pictures.append(ComparedPicture("As it came" if name == "clean" else "Attacked here", TITLES[name], crop))
        if one := maps.get(name):
            drawn = screen.colour_map(one.map, signed=one.signed, scale=scale)
            alt = f"The map that the paper's attack detector reads, {name}"
            pictures.append(ComparedPicture(f"{EXPLAINERS[one.method].title}, {name}", alt, drawn, one.map))
    compare_pictures(pictures, key="attacked", pair=(0, 2) if len(faces) > 1 and len(pictures) == 4 else (0, 1))
    if maps:
        st.caption("The maps are what the attack detector of Pinhasov et al. reads beside the face.")
        with st.container(width=520):
            show_colour_bar(next(iter(maps.values())).signed, scale, key="bar-attacked")


def _words(asked: AskedAttack | None, *, attacked_here: bool) -> None:
    if asked is None:
        st.markdown("### :gray[:material/help: Not asked yet]")
        return
    answer = asked.answer
    colour, icon = LOOKS["attacked" if answer.label == SIGNS else "inconclusive"]
    st.markdown(f"### :{colour}[:material/{icon}: {answer.label}]")
    if attacked_here and answer.label != SIGNS:
        st.warning("Missed: this face was attacked here, and the answer did not notice.", icon=":material/report:")
    st.markdown(plain(MEANINGS[answer.label]))
    for line in _lines(asked, answer):
        st.markdown(f"- {plain(line)}")


def _lines(asked: AskedAttack, answer: AttackAnswer) -> list[str]:
    """Say what each line found, each as a score of 0 to 1."""
    found = [f"Perturbed (knows no detector): {answer.perturbed:.2f}"]
    if answer.carries is None:
        found.append(answer.scope)
    else:
        found.append(f"Carries this detector's verdict (gradient and brittleness): {answer.carries:.2f}")
    if asked.verdict:
        found.append(f"Crop and map (Pinhasov et al. 2024): {asked.verdict.p_attacked:.2f}; noise raises it, too")
    else:
        found.append(f"Crop and map (Pinhasov et al. 2024): {asked.reason.removeprefix('Not asked: ')}")
    return found


with guard():
    main()
