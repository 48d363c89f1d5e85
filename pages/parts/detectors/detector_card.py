"""Show one detector: status, calibration, measurements, card."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.detectors import Detector
from core.detectors.checkpoints import status
from core.detectors.checkpoints.status import WeightsStatus
from core.output.records import card_record
from core.output.text import percent
from core.reports import detector_strengths
from core.reports.measured_reach import reach
from core.types.calibration import Calibration
from core.types.measurement import Measurement
from core.types.model_card import DetectorCard
from pages.parts.detectors import device_setting, risk_slider
from pages.parts.detectors.detectors_settings import DetectorsSettings
from pages.parts.session.judging import use_detector
from pages.parts.session.session import Session
from pages.parts.widgets import calibration_panel, measurements
from pages.parts.widgets.tables import json_button, plain, show_facts, show_table

FACTS = ("input", "crop", "output", "licence", "papers", "source", "data", "parameters", "layout")
FULL_CARD = "full-card"
WIDTHS = (7, 4)  # on a projector the sentence takes one line, and the detector's name is not cut
MANIPULATED = "Likely manipulated"
GOOD = "Kinds of forgery told apart from real faces with an AUC whose whole 95% interval is 0.75 or more. 1 is perfect."
BLIND = "Where the 95% interval of the AUC reaches down to 0.6 or lower (0.5 is chance); then what its card says."
ERRORS = (
    "Go by the row that is most like your file. Wrong: real called likely manipulated, forged called likely not "
    "manipulated; of the judged, with 95% intervals, by the calibration that it ships with. Inconclusive is not "
    "counted where the larger of its two outputs was taken."
)
CHOICE = "Choosing one whose weights are here judges the open file with it at once."


def draw(session: Session) -> None:
    """Draw a detector: a sentence, three lines, the reliability plot, the risk, the full card."""
    states = {state.name: state for state in status.states()}
    shown = session.page_state(DetectorsSettings).shown
    name = shown if shown in states else session.detector_name
    said, choice = st.columns(WIDTHS, gap="medium")
    with choice:
        state = _choice(session, states, name)
    card = status.readable_card(name)
    if card is None:
        if session.media is None or name != session.detector_name:  # else the head of the page says it
            said.warning(plain(state.message), icon=":material/inventory_2:")
        return
    detector = None if state.where == "missing" else session.detector_named(name)
    record = detector.calibration if detector else None
    card = detector.card if detector else card
    measured = status.measurements_of(name)
    with said:
        _sentence(session, states, state, record)
    left, right = st.columns(WIDTHS, gap="medium")
    with left:
        _three_lines(card, measured)
    with right:
        if detector and record:
            calibration_panel.show_reliability(detector, record)
            risk_slider.draw(session, detector, record)
    device_setting.draw()
    full = st.expander("Full card", icon=":material/badge:", key=FULL_CARD, on_change="rerun")
    if full.open:
        with full:
            _full_card(state, card, detector, calibrated=record is not None, in_use=name == session.detector_name)


def _sentence(
    session: Session, states: dict[str, WeightsStatus], state: WeightsStatus, record: Calibration | None
) -> None:
    """Say in one sentence how good the detector is and on what, or why it says nothing."""
    if state.where == "missing":
        st.warning(plain(state.message), icon=":material/inventory_2:")
        st.caption(f"Faces are judged by {plain(states[session.detector_name].title)}.")
    elif record is None:
        st.header("Uncalibrated: its score is no probability.", anchor=False)
        st.caption("So there are no bands, no risk to choose and no reliability plot. The tab Calibrate makes them.")
    else:
        found = {row.band: row for row in record.bands.measured}.get(MANIPULATED)
        if found:
            st.header(
                f"It finds {percent(found.fake)} of forged faces and calls {percent(found.real)} of real ones "
                "manipulated.",
                anchor=False,
            )
        st.caption(f"Held-out faces: {plain(record.data)}.")


def _three_lines(card: DetectorCard, measured: tuple[Measurement, ...]) -> None:
    """Say what it is good at, blind to, and wrong about."""
    trained, limits = detector_strengths.scope_parts(card.scope)
    good = detector_strengths.good_at(measured) or f"not measured here. {trained}".strip()
    blind = detector_strengths.blind_to(measured)
    st.markdown(f"**Good at:** {plain(good.rstrip('.'))}.", help=GOOD)
    words = " ".join(part for part in (blind and f"{blind}.", limits) if part) or "nothing that was measured here."
    st.markdown(f"**Blind to:** {plain(words)}", help=BLIND)
    rows = detector_strengths.error_rows(detector_strengths.media_errors(measured))
    if not rows:
        st.markdown("**Error on media like yours:** not measured. The tab Calibrate measures it on a folder of yours.")
        return
    st.markdown("**Error on media like yours:**", help=ERRORS)
    show_table(rows)


def _full_card(
    state: WeightsStatus, card: DetectorCard, detector: Detector | None, *, calibrated: bool, in_use: bool
) -> None:
    _badges(state, calibrated=calibrated, in_use=in_use)
    st.markdown(plain(card.scope or "What it was trained on is not known here."))
    measured = status.measurements_of(state.name)
    if sentence := reach(measured):
        st.markdown(plain(sentence))
    if detector:
        st.header("What its score means", anchor=False)
        calibration_panel.draw(detector)
    st.header("What it was measured on", anchor=False)
    measurements.draw(measured, key=state.name)
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


def _badges(state: WeightsStatus, *, calibrated: bool, in_use: bool) -> None:
    with st.container(horizontal=True, gap="small"):
        if state.where == "missing":
            st.badge("Weights missing", icon=":material/inventory_2:", color="gray")
            return
        if in_use:
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
