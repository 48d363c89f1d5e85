"""Choose a risk, and say what is found at it."""

from __future__ import annotations

import streamlit as st

from core.detectors import Detector
from core.detectors.calibration.fit import BANDS, at_risk
from core.detectors.calibration.store import (
    delete_calibration,
    read_calibration,
    save_calibration,
    shipped_calibration_path,
    user_calibration_path,
)
from core.engine.model_weights import weights_of_models
from core.faces.centerface import FACE_FINDER
from core.output.bands_record import bands_record
from core.output.shown_record import ShownRecord
from core.output.text import share_words
from core.types.calibration import Bands, Calibration
from pages.parts.session.judging import judge_again
from pages.parts.session.session import Session
from pages.parts.session.shown_records import hand_in
from pages.parts.widgets import calibration_panel


def draw(session: Session, detector: Detector, record: Calibration) -> None:
    """Draw the slider, and what was measured at its risk."""
    risks, now = [bands.risk for bands in record.by_risk], record.bands.risk
    chosen = now
    if now in risks and len(risks) > 1:
        chosen = st.select_slider(
            "Real faces that may be called manipulated",
            risks,
            now,
            format_func=lambda risk: f"{risk:.0%}",
            help=calibration_panel.RISK,
            key=f"risk-{detector.version}",
        )
    else:
        st.caption("This calibration was measured at one risk only.")
    bands = at_risk(record, chosen).bands if chosen != now else record.bands
    st.markdown(found_words(bands))
    if chosen != now:
        st.caption("A preview: not in use yet.")
    settings = {"detector": detector.version, "risk": chosen, "in_use": chosen == now}
    results = bands_record(bands, record.data)
    weights = {name: one for name, one in weights_of_models(detector).items() if name != FACE_FINDER}
    hand_in(session, ShownRecord("risk", found_words(bands).replace("*", ""), settings, results, weights=weights))
    with st.container(horizontal=True):
        if chosen != now and st.button("Use this risk", disabled=session.busy, type="primary"):
            save_calibration(detector, at_risk(record, chosen))
            _changed(session, detector.name, f"The bands of {detector.name} are now those of a risk of {chosen:.0%}.")
        _back(session, detector)


def found_words(bands: Bands) -> str:
    """Say what is found at a risk, and what it costs, with intervals."""
    rows = {row.band: row for row in bands.measured}
    if not set(BANDS) <= set(rows):
        return "What is found at this risk was not measured."
    not_manipulated, open_, manipulated = (rows[name] for name in BANDS)
    return (
        f"Of forged faces **{share_words(manipulated.fake, manipulated.fake_interval, digits=0)}** are found, "
        f"{share_words(not_manipulated.fake, digits=0)} missed, {share_words(open_.fake, digits=0)} inconclusive. Of "
        f"real faces **{share_words(manipulated.real, manipulated.real_interval, digits=0)}** are called manipulated."
    )


def _back(session: Session, detector: Detector) -> None:
    """Offer to delete the user's own calibration."""
    if not user_calibration_path(detector.name).is_file():
        return
    shipped = read_calibration(shipped_calibration_path(detector.name))
    there = shipped is not None and shipped.weights_sha256 == detector.card.sha256
    label = "Back to the shipped calibration" if there else "Forget this calibration"
    with st.popover(label, disabled=session.busy):
        st.markdown(
            "Your own calibration of this detector is deleted. "
            + ("The one that ships with Prosopon is used again." if there else "The detector is uncalibrated then.")
        )
        if st.button("Delete it", key="forget"):
            delete_calibration(detector.name)
            _changed(session, detector.name, f"Your own calibration of {detector.name} was deleted.")


def _changed(session: Session, name: str, said: str) -> None:
    session.message = said
    if name == session.detector_name:
        judge_again(session)
    st.rerun()
