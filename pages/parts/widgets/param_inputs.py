"""Widgets of settings, and the choice of a detector."""

from __future__ import annotations

import streamlit as st

from core.detectors.checkpoints import status
from core.output.text import percent as percent
from core.output.text import settings_words as settings_words
from core.output.text import shown_value as shown_value
from core.registry import Param, Value
from pages.parts.session import session
from pages.parts.widgets.guarding import guard
from pages.parts.widgets.tables import csv_button as csv_button
from pages.parts.widgets.tables import csv_text as csv_text
from pages.parts.widgets.tables import facts as facts
from pages.parts.widgets.tables import json_button as json_button
from pages.parts.widgets.tables import plain as plain
from pages.parts.widgets.tables import shown as shown


def detector_choice(desk: session.Desk, *, key: str, label: str = "Detector") -> None:
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
