"""Draw the widget of a method's setting."""

from __future__ import annotations

import streamlit as st

from core.registry import Param, Value


def param_input(param: Param, value: Value | None = None, *, key: str | None = None) -> Value:
    """Draw the widget of one setting; return its value in the setting's own units."""
    now = param.default if value is None else value
    label = param_label(param)
    if param.choices:
        return str(st.selectbox(label, param.choices, index=param.choices.index(str(now)), help=param.help, key=key))
    if isinstance(param.default, str):
        return str(st.text_input(label, str(now), help=param.help, key=key))
    if isinstance(param.default, bool):
        return bool(st.checkbox(label, bool(now), help=param.help, key=key))
    if isinstance(param.default, int) and param.scale == 1:
        least, most = (None if v is None else int(v) for v in (param.low, param.high))
        return int(st.number_input(label, least, most, int(now), int(param.step or 1), help=param.help, key=key))
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


def param_label(param: Param) -> str:
    """Return a setting's name and unit."""
    return param.name.replace("_", " ") + (f" ({param.unit})" if param.unit else "")
