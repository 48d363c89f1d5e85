"""Draw a page's tabs, of which those that were open are filled."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

import streamlit as st

from pages.parts.session.addresses import TAB
from pages.parts.session.file_link import take_part
from pages.parts.session.page_state import forget_widgets, is_drawn, restore_widget
from pages.parts.session.session import Session
from pages.parts.widgets.tables import plain

if TYPE_CHECKING:
    from streamlit.elements.lib.mutable_tab_container import TabContainer


class TabSettings(Protocol):
    """Hold which tab is open, None before the first visit, and which were."""

    tab: str | None
    filled: tuple[str, ...]


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


def filled_tabs(
    titles: Iterable[str], key: str, settings: TabSettings, *, keep: Collection[str] = ()
) -> Sequence[tuple[str, TabContainer]]:
    """Draw tabs, and return those to fill, the open one first.

    Which is open stays in the settings. Empty where the browser has not told yet.

    Args:
        titles: of the tabs.
        key: of the widget.
        settings: hold which is open.
        keep: tabs that stay filled, once they were open, until the page is left: going back to one is then drawn by
            the browser alone. What they draw has to be cheap, and must share no widget with another
            tab, nor a setting but by `follow_setting`.
    """
    titles, seen = list(titles), settings.filled if is_drawn(key) else ()
    restore_widget(key, settings.tab)
    tabs = dict(zip(titles, st.tabs(titles, key=key, on_change="rerun"), strict=True))
    opened = [title for title, tab in tabs.items() if tab.open]
    for title in opened:
        settings.tab = title
    filled = dict.fromkeys((*opened, *seen)) if opened else {}
    settings.filled = tuple(title for title in filled if title in keep)
    return [(title, tabs[title]) for title in filled]
