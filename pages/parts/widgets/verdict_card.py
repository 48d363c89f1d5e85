"""Show a verdict as a card: word, score, marked bands."""

from __future__ import annotations

import streamlit as st

from core.detectors import Detector
from core.detectors.detector import INCONCLUSIVE
from core.output import screen
from core.output.verdict_sentences import score_words
from core.types import Verdict
from core.types.verdicts import OUTPUTS
from pages.parts.widgets.badges import LOOKS
from pages.parts.widgets.chart_widgets import show_scale_bar
from pages.parts.widgets.tables import plain
from pages.parts.widgets.verdict_words import SCORE_HELP


def show_verdict(verdict: Verdict, detector: Detector, *, title: str, key: str) -> None:
    """Show a verdict, and why it is no answer where it is none.

    Args:
        verdict: the verdict.
        detector: the detector that gave it.
        title: what was judged.
        key: tells the card's chart from others on the page.
    """
    with st.container(border=True):
        colour, icon = LOOKS[screen.BANDS[verdict.band]]
        st.caption(title)
        st.markdown(f"### :{colour}[:material/{icon}: {verdict.band}]", help=_band_help(detector))
        st.markdown(f"**{score_words(verdict)}** of “manipulated”", help=SCORE_HELP[verdict.calibrated])
        if verdict.interval:
            low, high = verdict.interval
            st.caption(
                f"Of calibration faces with a score like this, {low:.0%} to {high:.0%} were forged.",
                help="A 95 % interval (Wilson) over held-out faces, as many forged as real, widened to the score "
                "itself where that lies beyond it.",
            )
        if verdict.abstained:
            st.markdown(f":material/do_not_disturb_on: No answer: the face is {plain(verdict.abstained)}.")
        elif verdict.band == INCONCLUSIVE:
            st.caption(f"The larger output is “{OUTPUTS[verdict.label]}”, but not by enough for an answer.")
        if detector.bands:
            scale = screen.band_scale(verdict.p_fake, detector.bands)
            show_scale_bar(scale, f"{verdict.band}: {score_words(verdict)}", key=f"bands-{key}")


def _band_help(detector: Detector) -> str:
    """Say where the bands end, and the error rates measured there."""
    if detector.calibration is None or detector.bands is None:
        return "Uncalibrated: which output is larger is all that is said; how often that is right was not measured."
    (low, high), rows = detector.bands, detector.calibration.bands.measured
    wrong = ", ".join(
        f"of {name} faces {share:.1%} fall into “{band.lower()}”"
        for name, share, band in (("real", rows[2].real, rows[2].band), ("forged", rows[0].fake, rows[0].band))
    )
    return (
        f"Up to {low:.0%}: likely not manipulated. From {high:.0%}: likely manipulated. Between: inconclusive. "
        f"Measured on held-out faces ({detector.calibration.data}): {wrong}."
    )
