"""Say how sure a verdict is, and what it rests on."""

from __future__ import annotations

import streamlit as st

from core.detectors import Detector
from core.detectors.checkpoints import status
from core.detectors.video_rules import MIN_TRACK_FRAMES
from core.output import screen
from core.reports.measured_reach import reach
from core.reports.measured_tables import MIN_MEDIA
from core.types import Media
from core.types.measured_results import MeasuredAttack, MeasuredCorruptions, MeasuredDetector
from core.types.measurement import Measurement
from core.types.tracks import FileVerdict, TrackVerdict
from pages.parts.session.session import Session
from pages.parts.widgets.badges import badge
from pages.parts.widgets.folded_part import fold
from pages.parts.widgets.tables import plain
from pages.parts.widgets.verdict_card import show_verdict

MAJORITY = (
    "Pinhasov et al. 2024: a video of one face is manipulated when more than half of its judged frames have that "
    "larger output, also where the detector is not sure enough for more than “inconclusive”."
)
INTERVAL = (
    "The interval is a block bootstrap over the frames: neighbouring frames are alike, so that twice as many frames "
    "are not twice the evidence."
)
OF_THE_FILE = (
    f"A face decides when it was judged in {MIN_TRACK_FRAMES} frames or more (where none was, those judged in the "
    "most), and the interval of its mean score over frames has to lie beyond the edge of a band. Manipulated: one face "
    "is. Not manipulated: none is. Several faces are several tests, so each interval is wider and the edge of "
    "“manipulated” is farther off."
)
TOO_FEW_FRAMES = f"Judged in fewer than {MIN_TRACK_FRAMES} frames, so it does not decide."


def show_certainty(session: Session, media: Media, found: FileVerdict) -> None:
    """Draw what stands behind the verdict, once it is asked for."""
    fold(session, "How sure is this?", lambda: _behind(session, media, found), icon=":material/help:", key="how-sure")


def _behind(session: Session, media: Media, found: FileVerdict) -> None:
    if media.kind == "video" or len(session.faces) > 1:
        st.caption(OF_THE_FILE)
    if media.kind == "video":
        with st.container(horizontal=True):
            for verdict in found.tracks:
                with st.container(border=True, width=320):
                    _track(found, verdict)
    judged = session.focused
    if judged and judged.verdict:
        video = f"Frame {judged.face.frame}, face {judged.face.track + 1}"
        title = video if media.kind == "video" else "The face in focus"
        show_verdict(judged.verdict, session.detector, title=title, key="inspect")
    _rests_on(session.detector)


def _track(found: FileVerdict, verdict: TrackVerdict) -> None:
    st.caption(f"Face {verdict.track.number + 1}, {verdict.frames_judged} frames judged")
    badge(verdict.band, screen.BANDS[verdict.band], OF_THE_FILE if verdict.decides else TOO_FEW_FRAMES)
    low, high = verdict.p_fake_interval
    shown = [f"{value:.0%}" if found.calibrated else f"{value:.3f}" for value in (verdict.p_fake, low, high)]
    st.markdown(
        f"Mean {'probability' if found.calibrated else 'score'} of “manipulated”: **{shown[0]}** "
        f":small[(95% interval {shown[1]} to {shown[2]})]",
        help=f"Over the judged frames. {INTERVAL}",
    )
    low, high = verdict.share_interval
    more = "more" if verdict.label == "fake" else "not more"
    st.markdown(
        f"Majority of frames: **{verdict.share_fake:.0%}** have the larger output “manipulated”, {more} than half "
        f":small[(95% interval {low:.0%} to {high:.0%})]",
        help=f"{MAJORITY} {INTERVAL}",
    )


def _rests_on(detector: Detector) -> None:
    """Describe the detector in one paragraph, and its measurements in a line each."""
    card = detector.card
    scope = plain(card.scope or "What it was trained on is not known here.")
    st.markdown(f"**{plain(card.title)}.** {scope}")
    measured = status.measurements_of(detector.name)
    if found := reach(measured):
        st.markdown(plain(found))
    for one in measured:
        if line := _measured(one):
            st.caption(plain(line))
    if detector.calibration is None:
        st.caption("Uncalibrated: its score is no probability. Under Detectors it can be calibrated on labelled media.")
    st.caption("“Likely not manipulated” says that this detector found no sign of manipulation; it is not “genuine”.")


def _measured(measured: Measurement) -> str | None:
    """Format one measurement of a model as a line."""
    what, found = measured.label, measured.result
    if isinstance(found, MeasuredAttack):
        return (
            f"Measured: {what}: {found.called_real} of {found.attacked} then have the larger output “not manipulated”."
        )
    if not isinstance(found, MeasuredDetector | MeasuredCorruptions) or not found.auc:
        return None
    aucs = ", ".join(f"{kind} {value:.3f}" for kind, value in found.auc.items() if value is not None)
    called = ", ".join(f"{kind} {value:.0%}" for kind, value in (found.called_fake or {}).items() if value is not None)
    few = min(found.n.values(), default=0) < MIN_MEDIA
    return f"Measured on {what}: {'' if few else f'AUC {aucs}; '}larger output “manipulated”: {called}."
