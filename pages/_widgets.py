"""What pages draw with: the bar of the face in focus, verdict cards, settings from `Param`, pictures, downloads."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core.detectors import Detector
from core.detectors.checkpoints import status
from core.detectors.detector import INCONCLUSIVE
from core.engine import jobs
from core.media_attack import samples
from core.output import screen
from core.output.text import percent as percent
from core.output.text import settings_words as settings_words
from core.output.text import shown_value as shown_value
from core.registry import Param, Value
from core.types import Array, AttackVerdict, InputError, Judged, Verdict
from pages import _state
from pages._entry import by_the_front_door
from pages._tables import csv_button as csv_button
from pages._tables import csv_text as csv_text
from pages._tables import facts as facts
from pages._tables import json_button as json_button
from pages._tables import plain as plain
from pages._tables import shown as shown

# A word never stands by its colour alone: circle, square and diamond are also the marks of the plots.
LOOKS = {
    "real": ("blue", "circle"),
    "fake": ("orange", "square"),
    "attacked": ("violet", "diamond"),
    "inconclusive": ("gray", "help"),
}
NO_VERDICT = "No verdict"
SAMPLE = 160, 196  # pixels of a sample, wide and high: four stand side by side on a wide screen, two on a narrow one
PLAIN_CHART = {"displayModeBar": False}
ZOOM_CHART = {"displaylogo": False, "modeBarButtonsToRemove": ["toImage", "select2d", "lasso2d"]}


@contextmanager
def guard() -> Iterator[None]:
    """The one place where bad input becomes a sentence on the page; anything else shows as the bug it is."""
    try:
        yield
    except InputError as error:
        st.error(plain(str(error)), icon=":material/error:")


def page(title: str, about: str, needs: str | None = None) -> tuple[_state.Desk, Judged | None]:
    """Draw a page's head: title, bar and what is going on; the desk, and the face in focus if it has a verdict.

    Args:
        title: the page's.
        about: one sentence.
        needs: what the page would do with a face, said where there is none; None where it needs none.
    """
    by_the_front_door()
    desk = _state.desk()
    st.title(title, anchor=False)
    st.caption(about)
    _failure(desk)
    if desk.media:
        _bar(desk)
        _warn(desk)
    if needs and desk.media is None and not desk.busy:
        empty(desk, needs)
    item = desk.item
    if needs and desk.media and item is None:
        st.info("No face was found in this file, so there is no verdict.", icon=":material/face:")
    if needs and item and item.verdict is None:
        st.info(item.reason, icon=":material/face:")
    return desk, item if item and item.verdict and not desk.outdated else None


def _warn(desk: _state.Desk) -> None:
    """What is wrong with the verdicts there are: of a detector that is gone, or as it was before a change."""
    if desk.broken:
        st.error(f"{plain(desk.broken)} Choose another detector under Detectors.", icon=":material/error:")
    elif desk.outdated and not desk.busy:
        st.warning("These faces were judged before the detector or its calibration changed.", icon=":material/history:")
        if st.button("Judge again", key="judge-again", icon=":material/refresh:"):
            desk.judge_again()
            st.rerun()


def _failure(desk: _state.Desk) -> None:
    if desk.job and not desk.busy and desk.job.error:
        with guard():
            raise desk.job.error


def empty(desk: _state.Desk, sentence: str) -> None:
    """What an empty page shows: one sentence, and samples to click."""
    st.markdown(sentence)
    with st.container(horizontal=True):
        for sample in samples.SAMPLES:
            with st.container(border=True, width=SAMPLE[0], height=SAMPLE[1]):
                if st.button(sample.title, key=f"sample-{sample.name}", width="stretch"):
                    desk.open_sample(sample.name)
                    st.rerun()
                st.caption(sample.help)


def wait(slot: Any, desk: _state.Desk, live: Callable[[jobs.Job], None] | None = None) -> None:
    """Show in `slot` how far the work is, with a button that stops it, until it ends; last call of a page.

    `live` draws what came of the job so far, and is called again and again.
    """
    job = desk.job
    if job is None or not desk.busy:
        return
    with slot.container(border=True):
        line = st.progress(job.part, text=plain(job.line))
        st.button("Stop", on_click=job.halt.set, icon=":material/stop_circle:", key="stop", disabled=job.halt.is_set())
    while not job.finished:
        line.progress(job.part, text=plain(job.line))
        if live:
            live(job)
        time.sleep(0.15)
    st.rerun()


def _bar(desk: _state.Desk) -> None:
    """The face in focus: thumbnail, file, place, digest, detector, both verdicts, and the choice of another."""
    media, item = desk.media, desk.item
    assert media is not None
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="bar"):
        if item:
            st.image(item.face.crop, width=56, output_format="PNG", alt="Crop of the face in focus")
        with st.container(width=270, gap=None):
            st.markdown(f"**{plain(media.name)}**")
            st.caption(f"{_place(desk)} · SHA-256 {media.id[:10]}", help=f"Of the whole file: {media.id}")
        with st.container(width=180, gap=None):
            st.caption(f"Detector: {plain(desk.detector_name)}")
            if desk.outdated:
                badge("Not judged yet", "inconclusive", "By this detector, as it is now.")
            else:
                _deepfake_badge(item)
        if item and item.verdict and not desk.outdated:
            with st.container(width=130, gap=None):
                st.caption("Attack detector")
                _attack_badge(desk, item)
        if len(desk.judged) > 1:
            with st.popover("Choose face", icon=":material/switch_account:"):
                _chooser(desk)


def _place(desk: _state.Desk) -> str:
    if desk.item is None or desk.media is None:
        return "no face"
    if desk.media.kind == "image":
        return f"face {desk.index + 1} of {len(desk.judged)}"
    return f"frame {desk.item.face.frame}, track {desk.item.face.track}"


def _chooser(desk: _state.Desk) -> None:
    picked = st.selectbox(
        "Face in focus", range(len(desk.judged)), index=desk.index, format_func=lambda i: face_name(desk, i)
    )
    if picked != desk.index:
        desk.choose(picked)
        st.rerun()


def face_name(desk: _state.Desk, index: int) -> str:
    """A judged face in words."""
    item = desk.judged[index]
    said = f"{item.verdict.band}, {score(item.verdict)}" if item.verdict else NO_VERDICT
    if desk.media and desk.media.kind == "image":
        return f"Face {index + 1}: {said}"
    return f"Frame {item.face.frame}, track {item.face.track}: {said}"


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


def _deepfake_badge(item: Judged | None) -> None:
    if item is None or item.verdict is None:
        badge(NO_VERDICT, "inconclusive", item.reason if item else "No face was found in this file.")
    else:
        badge(item.verdict.band, screen.BANDS[item.verdict.band], f"{score(item.verdict)} of “fake”")


def _attack_badge(desk: _state.Desk, item: Judged) -> None:
    try:
        verdict, why = desk.was_attacked(item.face.crop)
    except InputError as error:
        badge("Not available", "inconclusive", str(error))
        return
    attack_badge(verdict, why)


def attack_badge(verdict: AttackVerdict | None, why: str) -> None:
    """The attack detector's word."""
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


def detector_choice(desk: _state.Desk, *, key: str, label: str = "Detector") -> None:
    """The choice of the detector in use, among those whose weights are there; another one judges at once."""
    titles = {state.name: state.title for state in status.states() if state.where != "missing"}
    titles.setdefault(desk.detector_name, f"{desk.detector_name} (weights missing)")
    names = list(titles)
    picked = st.selectbox(
        label,
        names,
        names.index(desk.detector_name),
        format_func=titles.__getitem__,
        key=f"{key}-{desk.detector_name}",
        disabled=desk.busy,
        help="Those whose weights are on this machine. Detectors lists all, and how to get the others.",
    )
    if picked != desk.detector_name:
        with guard():
            desk.use(picked)
            st.rerun()


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


def param_input(param: Param, value: Value | None = None, *, key: str | None = None) -> Value:
    """The widget of one setting; its value in the setting's own units."""
    now = param.default if value is None else value
    label = label_of(param)
    if param.choices:
        return str(st.selectbox(label, param.choices, index=param.choices.index(str(now)), help=param.help, key=key))
    if isinstance(param.default, bool):
        return bool(st.checkbox(label, bool(now), help=param.help, key=key))
    if isinstance(param.default, int) and param.scale == 1:
        low, high = (None if v is None else int(v) for v in (param.low, param.high))
        return int(st.number_input(label, low, high, int(now), int(param.step or 1), help=param.help, key=key))
    low, high = (None if v is None else round(float(v * param.scale), 6) for v in (param.low, param.high))
    shown = st.number_input(
        label,
        low,
        high,
        round(float(now) * param.scale, 6),
        param.step and float(param.step),
        "%g",
        help=param.help,
        key=key,
    )
    return shown / param.scale


def label_of(param: Param) -> str:
    """A setting's name and unit."""
    return param.name.replace("_", " ") + (f" ({param.unit})" if param.unit else "")


def picture(image: Array, caption: str, *, alt: str | None = None) -> None:
    """A picture as wide as its place, as PNG: nothing is lost on the way to the screen."""
    st.image(image, caption, width="stretch", output_format="PNG", alt=alt or caption)


def chart(figure: go.Figure, alt: str, *, key: str) -> None:
    """A small chart without a tool bar, with room for its ticks, which Streamlit's theme makes larger."""
    layout, more = figure.layout, 14
    figure.update_layout(height=layout.height + more, margin={"b": (layout.margin.b or 0) + more})
    st.plotly_chart(figure, config=PLAIN_CHART, alt=alt, key=key)


def picture_alone(image: Array, caption: str) -> None:
    """One picture of a moderate size."""
    st.image(image, caption, width=320, output_format="PNG", alt=caption)


def colour_bar(signed: bool, scale: float, *, key: str) -> None:
    """The colour bar of a map with its numbers: both ends and zero."""
    figure = screen.colour_bar(signed=signed, scale=scale)
    chart(figure, f"Colour bar from {-scale if signed else 0:.1e} to {scale:.1e}", key=key)


def go_and_attack() -> None:
    """What stands where an attacked face would be."""
    st.markdown("No attack was put on this face yet. With one, clean and attacked stand side by side here.")
    if st.button("Go to Attack", icon=":material/bolt:"):
        st.switch_page("pages/attack.py")
