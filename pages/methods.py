"""List every registered method in one table, a row's details beside it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import streamlit as st

from core.attack_detectors import ATTACK_DETECTORS
from core.attacks import ATTACKS
from core.detectors import DETECTORS
from core.explain import EXPLAINERS
from core.output.listed_rows import method_row
from core.recognition.base import RECOGNISERS
from core.recognition.services.service_registry import SERVICES
from core.registry import Entry
from core.signatures import SIGNATURES
from pages.parts.methods import method_details
from pages.parts.methods.methods_settings import MethodsSettings
from pages.parts.session.page_state import restore_widget, store_settings
from pages.parts.session.session import Session
from pages.parts.widgets.guarding import guard
from pages.parts.widgets.page_head import begin_page, say_about
from pages.parts.widgets.progress_bar import wait
from pages.parts.widgets.redrawn_alone import redraw_alone
from pages.parts.widgets.tables import csv_button

ABOUT = "Every method of this installation: what it does, where it comes from, what can be set."
KINDS: Mapping[str, Mapping[str, Entry[Any, Any]]] = {
    method_details.DETECTORS: DETECTORS,
    "Attack": ATTACKS,
    "Map": EXPLAINERS,
    method_details.ATTACK_DETECTORS: ATTACK_DETECTORS,
    method_details.SIGNATURES: SIGNATURES,
    "Recogniser": RECOGNISERS,
    "Service": SERVICES,
}
ROW, HEAD, MAX_ROWS = 35, 37, 14  # pixels of a row and of the head; rows that are seen without scrolling
Methods = list[tuple[str, Entry[Any, Any]]]


def main() -> None:
    """Draw the page."""
    session, _ = begin_page("Methods", ABOUT)
    say_about(session, ABOUT)
    slot = st.empty()
    redraw_alone(session, lambda: _table_and_details(session, session.page_state(MethodsSettings)))
    wait(session, slot)


def _table_and_details(session: Session, settings: MethodsSettings) -> None:
    _search(settings)
    found = _found(settings)
    if not found:
        st.info("No method has all of these words.", icon=":material/search_off:")
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.caption(f"{len(found)} method{'s' * (len(found) != 1)}")  # the table's tool bar lies over this line
        chosen = _table(settings, found)
        csv_button("Table as CSV", lambda: [method_row(*one) for one in found], "methods.csv", key="methods-csv")
    with right:
        method_details.draw(session, *chosen)


def _search(settings: MethodsSettings) -> None:
    """Draw the search field and the kinds; keep what they are set to."""
    restore_widget("methods-words", settings.words)
    restore_widget("methods-kinds", list(settings.kinds))
    left, right = st.columns([2, 3], vertical_alignment="bottom", gap="large")
    words = left.text_input(
        "Search methods", placeholder="a name, an author, a setting", icon=":material/search:", key="methods-words"
    )
    kinds = right.pills("Kind", list(KINDS), selection_mode="multi", key="methods-kinds", wrap=True)
    store_settings(settings, words=words, kinds=tuple(kinds))


def _found(settings: MethodsSettings) -> Methods:
    """List the methods of the chosen kinds that have all of the words."""
    words = settings.words.lower().split()
    return [
        (kind, entry)
        for kind, registry in KINDS.items()
        if not settings.kinds or kind in settings.kinds
        for entry in registry.values()
        if all(word in _text(kind, entry) for word in words)
    ]


def _table(settings: MethodsSettings, found: Methods) -> tuple[str, Entry[Any, Any]]:
    """Draw the table; return the chosen row's kind and method."""
    names = [(kind, entry.name) for kind, entry in found]
    at = names.index(settings.chosen) if settings.chosen in names else 0
    titles, sources = ([getattr(entry, name) for _, entry in found] for name in ("title", "source"))
    event = st.dataframe(
        pa.table({"method": titles, "kind": [kind for kind, _ in found], "source": sources}),  # as `tables` says
        hide_index=True,
        height=HEAD + ROW * min(len(found), MAX_ROWS),
        on_select="rerun",
        selection_mode="single-cell",
        selection_default={"selection": {"cells": [(at, "method")]}},
        key=f"methods-{'-'.join(settings.kinds)}-{settings.words}",
        column_config={"source": st.column_config.TextColumn("source", width="large")},
        alt=f"{len(found)} methods; the details of the chosen row stand beside the table",
    )
    cells = event["selection"]["cells"]  # a click anywhere in a row chooses it
    chosen = found[cells[0][0]] if cells and cells[0][0] < len(found) else found[at]
    settings.chosen = chosen[0], chosen[1].name
    return chosen


def _text(kind: str, entry: Entry[Any, Any]) -> str:
    parts = (kind, entry.name, entry.title, entry.source, inspect.getdoc(entry.function))
    facts = method_details.facts_of(entry).values()
    return " ".join(map(str, (*parts, *facts, *(param.name for param in entry.params)))).lower()


with guard():
    main()
