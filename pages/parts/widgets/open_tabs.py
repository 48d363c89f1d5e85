"""Draw a page's tabs, of which only the open one is filled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.session.page_state import restore_widget


class TabSettings(Protocol):
    """Hold which tab is open; None before the first visit."""

    tab: str | None


def open_tabs(titles: Iterable[str], key: str, settings: TabSettings) -> Sequence[tuple[str, DeltaGenerator]]:
    """Draw tabs, and return the open one with its title. Which it is stays in the settings.

    Empty where the browser has not told yet.
    """
    titles = list(titles)
    restore_widget(key, settings.tab)
    tabs = st.tabs(titles, key=key, on_change="rerun")
    opened = [(title, tab) for title, tab in zip(titles, tabs, strict=True) if tab.open]
    for title, _ in opened:
        settings.tab = title
    return opened
