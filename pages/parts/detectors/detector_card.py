"""Show one detector: status, calibration, measurements, card."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.detectors.checkpoints import status
from core.detectors.checkpoints.status import WeightsStatus
from core.output.records import card_record
from core.reports.measured_reach import reach
from core.types.model_card import DetectorCard
from pages.parts.detectors.detectors_settings import DetectorsSettings
from pages.parts.session.judging import use_detector
from pages.parts.session.session import Session
from pages.parts.widgets import calibration_figures, measurements
from pages.parts.widgets.tables import json_button, plain, show_facts

FACTS = ("input", "crop", "output", "licence", "papers", "source", "data", "parameters", "layout")
CHOICE = "Choosing one whose weights are here judges the open file with it at once."


def draw(session: Session) -> None:
    """Draw the choice of a detector, and everything about it."""
    states = {state.name: state for state in status.states()}
    shown = session.page_state(DetectorsSettings).shown
    name = shown if shown in states else session.detector_name
    state, card = _choice(session, states, name), status.card_of(name)
    calibration = None
    if state.where != "missing":
        detector = session.detector_named(name)
        card, calibration = detector.card, detector.calibration
    _badges(session, state, calibrated=calibration is not None)
    st.markdown(plain(card.scope or "What it was trained on is not known here."))
    if sentence := reach(status.measurements_of(name)):
        st.markdown(plain(sentence))
    if state.where == "missing":
        st.warning(plain(state.message), icon=":material/inventory_2:")
        st.caption(f"Faces are judged by {plain(states[session.detector_name].title)}.")
    else:
        st.header("What its score means", anchor=False)
        calibration_figures.draw(session, detector)
    st.header("What it was measured on", anchor=False)
    measurements.draw(status.measurements_of(name), key=name)
    st.header("Card", anchor=False)
    _facts(card, state)


def _choice(session: Session, states: dict[str, WeightsStatus], name: str) -> WeightsStatus:
    def words(one: str) -> str:
        in_use = " (in use)" if one == session.detector_name else ""
        missing = ": weights missing" if states[one].where == "missing" else ""
        return f"{states[one].title}{missing}{in_use}"

    names = list(states)
    picked = st.selectbox(
        "Detector",
        names,
        names.index(name),
        format_func=words,
        key=f"detector-{name}-{session.detector_name}",
        help=CHOICE,
        disabled=session.busy,
    )
    if picked != name:
        settings = session.page_state(DetectorsSettings)
        if states[picked].where == "missing":
            settings.shown = picked
        elif picked == session.detector_name:
            settings.shown = None
        else:
            use_detector(session, picked)
            settings.shown = None
        st.rerun()
    return states[name]


WHERE = {"shipped": "Ships with Prosopon", "folder": "Weights are here", "own": "Your own checkpoint"}
PUBLISHED = {
    True: ("The published file", ":material/verified:"),
    False: ("Not the published file", ":material/help:"),
    None: ("No published checksum to compare with", ":material/help:"),
}


def _badges(session: Session, state: WeightsStatus, *, calibrated: bool) -> None:
    with st.container(horizontal=True, gap="small"):
        if state.where == "missing":
            st.badge("Weights missing", icon=":material/inventory_2:", color="gray")
            return
        if state.name == session.detector_name:
            st.badge("In use", icon=":material/check:", color="gray")
        st.badge(WHERE[state.where], icon=":material/hard_drive:", color="gray")
        if state.where != "own":
            words, icon = PUBLISHED[state.published]
            st.badge(words, icon=icon, color="gray", help=state.message)
        word, icon = ("Calibrated", "percent") if calibrated else ("Uncalibrated", "help")
        st.badge(word, icon=f":material/{icon}:", color="gray")


def _facts(card: DetectorCard, state: WeightsStatus) -> None:
    facts: dict[str, Any] = {"name in scripts": state.name}
    facts |= {name: value for name in FACTS if (value := getattr(card, name))}
    facts |= {"address of the weights": card.url or "none is known"}
    facts |= {"SHA-256 of the file here": state.sha256_of_file or "there is none"}
    if state.where != "own" and card.layout:
        published = status.card_of(state.name).sha256
        facts |= {"SHA-256 of the published file": published or "none was published"}
    facts |= {"the file": state.message}
    if card.training:
        facts |= {"training": ", ".join(f"{k}: {v}" for k, v in card.training.items() if not isinstance(v, dict))}
    show_facts(facts)
    json_button("Card as JSON", card_record(card), f"{state.name}.json", key="detector-card-json")
