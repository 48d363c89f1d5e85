"""Calibrating the detector in use on a folder of labelled media of this machine."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.detectors import Detector
from core.detectors.calibration.fit import METHODS, MIN_FACES, RISKS
from core.detectors.calibration.store import calibrated, save_calibration
from core.engine.jobs import Job
from core.evaluation.calibration_run import MIN_LIMIT_FACES, calibrate_on
from core.types import InputError
from pages.parts.session.judging import judge_in_job
from pages.parts.session.session import Session
from pages.parts.widgets import calibration_panel
from pages.parts.widgets.tables import plain

WORDS = {
    "temperature": "temperature: one number, the label stays (Guo et al. 2017)",
    "platt": "Platt: slope and intercept (Platt 1999)",
    "isotonic": "isotonic: any rising curve, for a thousand faces and more (Zadrozny and Elkan 2002)",
}
NEEDS = (
    "A folder with `real/` and `fake/` (or a folder for each kind of forgery), images or videos, on the machine that "
    f"runs this dashboard: nothing is uploaded. At least {MIN_FACES} faces of each class; from "
    f"{MIN_LIMIT_FACES} faces on, the "
    "limits for blur, turn and unlike faces are measured too. Take faces that the detector was not trained on, and "
    "such as it is to judge."
)


def draw(session: Session) -> None:
    """Draw the form, and the present calibration."""
    detector = session.detector
    st.markdown(f"Calibrates **{plain(detector.card.title)}**, the detector in use.")
    st.caption(NEEDS)
    with st.form("calibrate"):
        folder = st.text_input("Folder with real/ and fake/", placeholder="its path on this machine")
        left, middle, right = st.columns([3, 1, 1])
        method = left.selectbox("Method", METHODS, format_func=WORDS.__getitem__)
        risk = middle.selectbox(
            "Risk of a wrong word",
            RISKS,
            RISKS.index(0.1),
            format_func=lambda value: f"{value:.0%}",
            help=calibration_panel.RISK,
        )
        frames = int(right.number_input("Frames of a video", 1, 200, 8, help="Judged of each, evenly spread."))
        run = st.form_submit_button("Calibrate", type="primary", icon=":material/percent:", disabled=session.busy)
    if run:
        if not folder.strip():
            raise InputError("Give the path of a folder first.")
        _start(session, detector, Path(folder.strip()).expanduser(), method=method, risk=risk, frames=frames)
        st.rerun()
    with st.expander("What its score means now"):
        calibration_panel.draw(detector)


def _start(session: Session, detector: Detector, folder: Path, *, method: str, risk: float, frames: int) -> None:
    def work(job: Job) -> None:
        made = calibrate_on(detector, folder, method=method, risk=risk, frames=frames, progress=job)
        save_calibration(detector, made)
        now = calibrated(detector)
        session.message = f"{detector.name} is calibrated on {now.calibration.data}." if now.calibration else None
        judge_in_job(session, now, job)

    session.start("calibrate", f"Calibrating on {folder.name}", work)
