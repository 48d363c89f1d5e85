"""Was it attacked? The attack detector's verdict on the clean and the attacked face, and the map it reads."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core import pipeline
from core.explain import EXPLAINERS
from core.output import screen
from core.output.records import attack_verdict_record, map_record
from core.reports.measured_tables import detection_rows
from core.storage.measured_files import read_measurements
from core.types import Array, AttackVerdict, JudgedFace, Verdict
from pages.parts.session.attack_answers import ask, attack_answer, attack_detector, attack_detector_map
from pages.parts.session.kept_attacks import latest_attack
from pages.parts.session.session import Session
from pages.parts.widgets.badges import LOOKS
from pages.parts.widgets.chart_widgets import show_colour_bar
from pages.parts.widgets.guarding import guard
from pages.parts.widgets.image_widgets import show_image
from pages.parts.widgets.page_head import begin_page
from pages.parts.widgets.page_links import offer_attack
from pages.parts.widgets.progress_bar import wait
from pages.parts.widgets.tables import csv_button, json_button, plain
from pages.parts.widgets.verdict_words import verdict_clause

ABOUT = "A second detector reads face and map together and says whether somebody tampered with the first one's verdict."
TITLES = {"clean": "The face as it came", "attacked": "Attacked: the saved PNG, re-opened"}
SCOPE = (
    "It is asked where the deepfake detector's “real” output is the larger one: an attack wants a fake to look real, "
    "so that where “fake” is the larger one there is no such question (Pinhasov et al. 2024, figure 3)."
)

FIGURES = (
    "Accuracy: the share called rightly at a score of 0.5 (higher is better; among those called real, attacked and "
    "unattacked weigh the same). AUC: how often an attacked crop has the higher score (0.5 is chance). Its map made "
    "black shows what it makes of the crop alone."
)


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
    st.info(SCOPE, icon=":material/info:")
    assert judged.verdict
    result = latest_attack(session)
    faces = {"clean": (judged.face.crop, judged.verdict)}
    if result:
        faces["attacked"] = pipeline.attacked_crop(result), result.after
    _ask(session, list(faces.values()))
    columns, records = st.columns(2, gap="large"), {}
    for column, (name, face) in zip(columns, faces.items(), strict=False):
        with column, guard():
            records[name] = _side(session, TITLES[name], *face, key=name)
    if not result:
        with columns[1]:
            offer_attack()
    rows = _warrant(session)
    with st.container(horizontal=True):
        json_button("Result as JSON", records, "attacked.json", key="attacked-json")
        csv_button("Measured figures as CSV", rows, "attack-detector.csv", key="attacked-csv")


def _ask(session: Session, faces: list[tuple[Array, Verdict]]) -> None:
    """Draw the button that runs the attack detector, where something is missing."""
    if all(attack_answer(session, *face) and attack_detector_map(session, face[0]) for face in faces):
        return
    if st.button("Ask the attack detector", type="primary", icon=":material/policy:", disabled=session.busy):
        ask(session, faces, maps=True)
        st.rerun()


def _side(session: Session, title: str, crop: Array, deepfake: Verdict, *, key: str) -> dict[str, Any]:
    st.subheader(title, anchor=False)
    answer, attribution = attack_answer(session, crop, deepfake), attack_detector_map(session, crop)
    verdict, why = answer or (None, "Not asked yet.")
    _word(verdict, why)
    st.caption(f"Deepfake detector: {verdict_clause(deepfake)}.")
    record = {"verdict": attack_verdict_record(verdict), "why": why}
    images = st.columns(2)
    with images[0]:
        show_image(crop, "Face", alt=title)
    if attribution is None:
        return record | {"map": None}
    scale = screen.scale_of([attribution.map])
    with images[1]:
        name = EXPLAINERS[attribution.method].title
        shown = screen.colour_map(attribution.map, signed=attribution.signed, scale=scale)
        show_image(shown, f"The map it reads: {name}")
        show_colour_bar(attribution.signed, scale, key=f"bar-{key}")
    return record | {"map": map_record(attribution)}


def _word(verdict: AttackVerdict | None, why: str) -> None:
    with st.container(border=True):
        if verdict is None:
            st.markdown("### :gray[:material/help: Not asked]")
            st.markdown(plain(why))
            return
        found = verdict.label == "attacked"
        colour, icon = LOOKS["attacked" if found else "real"]
        st.markdown(f"### :{colour}[:material/{icon}: {'Likely attacked' if found else 'No attack found'}]")
        st.markdown(
            f"**score {verdict.p_attacked:.3f}** of “attacked”",
            help="The softmax of the attack detector's two outputs, 0 to 1; larger speaks for an attack. Called "
            "attacked from 0.5 on. A score, no probability.",
        )


def _warrant(session: Session) -> list[dict[str, str]]:
    card = attack_detector().card
    st.subheader("What this rests on", anchor=False)
    st.markdown(plain(attack_detector().scope))
    st.caption("“No attack found” is not “untouched”: attacks of another kind can pass unseen.")
    rows = []
    for one in read_measurements(attack_detector().name):
        here = detection_rows(one.result.get("attacks") or {})
        if here:
            st.markdown(f"**{plain(one.label)}**", help=FIGURES)
            st.table(here)
            rows += [{"measured on": one.label, **row} for row in here]
    if val := card.training.get("val"):
        st.caption(
            f"In training, on {val['n']} validation crops: accuracy {val['accuracy']:.1%}, AUC {val['auc']:.3f}."
        )
    return rows


with guard():
    main()
