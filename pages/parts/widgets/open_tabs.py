"""Draw a page's tabs, of which only the open one is filled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.session.addresses import TAB
from pages.parts.session.file_link import take_part
from pages.parts.session.page_state import forget_widgets, restore_widget
from pages.parts.session.session import Session
from pages.parts.widgets.tables import plain


class TabSettings(Protocol):
    """Hold which tab is open; None before the first visit."""

    tab: str | None


def follow_tab(session: Session, titles: Iterable[str], key: str, settings: TabSettings) -> None:
    """Open the tab that the followed address names, once.

    Args:
        session: holds the address.
        titles: of the tabs.
        key: of the widget.
        settings: hold which is open.
    """
    address, titles = take_part(session, TAB), list(titles)
    if address is None or address.tab is None:
        return
    if address.tab in titles:
        settings.tab = address.tab
        forget_widgets(key)
    else:
        allowed = ", ".join(titles)
        st.warning(plain(f"The address names the tab {address.tab!r}; there are: {allowed}."), icon=":material/link:")


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
