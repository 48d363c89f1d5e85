"""Keep what widgets were set to while their page is left."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import streamlit as st


def store_settings(settings: Any, **values: Any) -> bool:
    """Set fields of a dataclass of settings; return whether any of them changed."""
    known = {field.name for field in fields(settings)}
    new = {name: value for name, value in values.items() if name in known and getattr(settings, name) != value}
    for name, value in new.items():
        setattr(settings, name, value)
    return bool(new)


def follow_setting(key: str, value: object) -> None:
    """Give a widget a setting's value, unless somebody just changed the widget.

    The widget is named by `key` and has no value of its own: one that it took from what it stores itself would make it
    another widget after each change, which loses the next one.
    """
    seen = f"{key}-seen"
    if key not in st.session_state or st.session_state.get(seen) != value:
        st.session_state[key] = value
    st.session_state[seen] = st.session_state[key]


def is_drawn(key: str) -> bool:
    """Tell whether a widget was drawn since its page was opened."""
    return key in st.session_state


def restore_widget(key: str, value: object) -> None:
    """Give a widget the value that it had before its page was left."""
    if value is not None and key not in st.session_state:
        st.session_state[key] = value


def forget_widgets(start: str) -> None:
    """Let the widgets whose keys begin so take the values that they are drawn with."""
    for key in [key for key in st.session_state if str(key).startswith(start)]:
        del st.session_state[key]


def widget_value(key: str) -> Any:
    """Return what a widget is set to, before the page is drawn."""
    return st.session_state[key]


def set_widget(key: str, value: object) -> None:
    """Set a widget before it is drawn: from a callback, or above it."""
    st.session_state[key] = value
