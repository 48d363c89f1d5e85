"""Verdicts as cards and badges."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from core.detectors import Detector
from core.detectors.detector import INCONCLUSIVE
from core.output import screen
from core.output.text import percent as percent
from core.output.text import settings_words as settings_words
from core.output.text import shown_value as shown_value
from core.types import Verdict
from pages.parts.session import session
from pages.parts.widgets.image_widgets import chart
from pages.parts.widgets.tables import csv_button as csv_button
from pages.parts.widgets.tables import csv_text as csv_text
from pages.parts.widgets.tables import facts as facts
from pages.parts.widgets.tables import json_button as json_button
from pages.parts.widgets.tables import plain as plain
from pages.parts.widgets.tables import shown as shown

# A word never stands by its colour alone: circle, square and diamond are also the marks of the plots.
LOOKS = {
    "real": ("blue", "circle"),
    "fake": ("orange", "square"),
    "attacked": ("violet", "diamond"),
    "inconclusive": ("gray", "help"),
}
NO_VERDICT = "No verdict"


def score(verdict: Verdict) -> str:
    """A calibrated probability as a per cent, anything else as a score with three digits."""
    return percent(verdict.p_fake) if verdict.calibrated else f"score {verdict.p_fake:.3f}"


def answer(verdict: Verdict) -> str:
    """A verdict in one clause; where the band is inconclusive, which output is the larger one is no call."""
    if verdict.band == INCONCLUSIVE:
        return f"inconclusive, {score(verdict)}: the “{verdict.label}” output is the larger one, but not by enough"
    return f"{verdict.band.lower()}, {score(verdict)}"


def badge(word: str, kind: str, help: str | None = None) -> None:
    """A word in the colour and with the mark of its kind."""
    colour, icon = LOOKS[kind]
    st.badge(word, color=colour, icon=f":material/{icon}:", help=help)  # type: ignore[arg-type]


def attack_badge(found: session.Answer | None) -> None:
    """The attack detector's word; None: it was not asked yet."""
    verdict, why = found or (None, "Not asked yet.")
    if verdict is None:
        badge("Not asked", "inconclusive", why)
    elif verdict.label == "attacked":
        badge("Likely attacked", "attacked", f"score {verdict.p_attacked:.3f} of “attacked”. {why}")
    else:
        badge("No attack found", "real", f"score {verdict.p_attacked:.3f} of “attacked”. {why}")


def verdict_card(verdict: Verdict, detector: Detector, *, title: str, key: str) -> None:
    """A verdict: the word, the probability or score, the bands with it marked, and why it is not given if so."""
    with st.container(border=True):
        colour, icon = LOOKS[screen.BANDS[verdict.band]]
        st.caption(title)
        st.markdown(f"### :{colour}[:material/{icon}: {verdict.band}]", help=band_words(detector))
        st.markdown(f"**{score(verdict)}** of “fake”", help=SCORE[verdict.calibrated])
        if verdict.interval:
            low, high = verdict.interval
            st.caption(
                f"Of calibration faces with a score like this, {low:.0%} to {high:.0%} were forged.",
                help="A 95 % interval (Wilson) over held-out faces, as many forged as real.",
            )
        if verdict.abstained:
            st.markdown(f":material/do_not_disturb_on: No answer: the face is {plain(verdict.abstained)}.")
        elif verdict.band == INCONCLUSIVE:
            st.caption(f"The “{verdict.label}” output is the larger one, but not by enough for an answer.")
        if detector.bands:
            chart(band_scale(verdict.p_fake, detector.bands), f"{verdict.band}: {score(verdict)}", key=f"bands-{key}")


SCORE = {
    True: "The probability that the face is forged, if half of all faces were: calibrated on labelled faces.",
    False: "The softmax of the detector's two outputs, 0 to 1; larger speaks for manipulation. Not calibrated: "
    "a score, no probability. Detectors has a tab that calibrates it on labelled media.",
}


def band_words(detector: Detector) -> str:
    """The thresholds and the error rates measured at them."""
    if detector.calibration is None or detector.bands is None:
        return "Uncalibrated: which output is larger is all that is said; how often that is right was not measured."
    (low, high), rows = detector.bands, detector.calibration["bands"]["measured"]
    wrong = ", ".join(
        f"of {name} faces {rows[k][key]:.1%} fall into “{rows[k]['band'].lower()}”"
        for name, k, key in (("real", 2, "real"), ("forged", 0, "fake"))
    )
    return (
        f"Up to {low:.0%}: likely not manipulated. From {high:.0%}: likely manipulated. Between: inconclusive. "
        f"Measured on held-out faces ({detector.calibration['data']}): {wrong}."
    )


def ink() -> str:
    """The colour of type and lines in charts that Streamlit's theme does not reach."""
    return "#eceff2" if st.context.theme.type == "dark" else "#1c1f23"


def band_scale(value: float, bands: tuple[float, float]) -> go.Figure:
    """The bands from 0 to 1 with the score marked; a band's word is left out where there is no room for it."""
    figure, (low, high) = go.Figure(), bands
    ends = ((0, low, "real"), (low, high, "inconclusive"), (high, 1, "fake"))
    for (start, stop, kind), word in zip(ends, ("not manipulated", "inconclusive", "manipulated"), strict=True):
        figure.add_bar(
            x=[stop - start],
            base=[start],
            y=[0.5],
            width=1,
            orientation="h",
            text=word,
            textposition="inside",
            insidetextanchor="middle",
            insidetextfont={"color": ink()},
            textangle=0,
            hoverinfo="skip",
            marker={"color": screen.COLOURS[kind], "opacity": 0.4, "line": {"width": 0}},
        )
    figure.add_scatter(
        x=[value],
        y=[0.82],
        mode="markers",
        hovertemplate="score %{x:.3f}<extra></extra>",
        marker={"symbol": "triangle-down", "size": 15, "color": "#E69F00", "line": {"width": 1.5, "color": "#222222"}},
    )
    figure.update_layout(
        height=64,
        margin={"l": 12, "r": 12, "t": 2, "b": 20},
        showlegend=False,
        barmode="overlay",
        uniformtext={"minsize": 10, "mode": "hide"},
    )
    figure.update_yaxes(visible=False, range=[0, 1], fixedrange=True)
    return figure.update_xaxes(
        range=[0, 1],
        tickvals=[0, low, high, 1],
        ticktext=["0", f"{low:.2f}", f"{high:.2f}", "1"],
        fixedrange=True,
        showgrid=False,
    )
