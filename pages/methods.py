"""List every registered method with its paper and settings."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import streamlit as st

from core.attack_detectors import ATTACK_DETECTORS
from core.attacks import ATTACKS
from core.detectors import DETECTORS
from core.detectors.calibration.store import read_calibration, shipped_calibration_path
from core.detectors.checkpoints import status
from core.explain import EXPLAINERS
from core.output.records import card_record
from core.output.text import format_value, number_words
from core.registry import Entry, Param
from core.signatures import DEFAULT_SET, SIGNATURES
from core.storage.cards import read_card
from core.types.model_card import AttackDetectorCard, ReferenceSetCard
from pages.parts.widgets import (
    calibration_figures,
    measurements,
)
from pages.parts.widgets.guarding import guard
from pages.parts.widgets.page_head import begin_page
from pages.parts.widgets.param_inputs import param_label
from pages.parts.widgets.progress_bar import wait
from pages.parts.widgets.tables import csv_button, json_button, plain, show_facts

ABOUT = "Every method of this installation: where it comes from, what can be set, what its model was measured on."
TABLES: tuple[tuple[str, Mapping[str, Entry[Any, Any]]], ...] = (
    ("Deepfake detectors", DETECTORS),
    ("Attacks", ATTACKS),
    ("Maps", EXPLAINERS),
    ("Attack detectors", ATTACK_DETECTORS),
    ("Signatures", SIGNATURES),
)
WITH_CARD = {"Deepfake detectors", "Attack detectors"}
WORDY = ("scope", "warrant", "what")


def main() -> None:
    """Draw the page."""
    session, _ = begin_page("Methods", ABOUT)
    slot = st.empty()
    words = st.text_input("Search methods", placeholder="a name, an author, a setting", icon=":material/search:")
    hits = [_table(title, registry, words.lower().split()) for title, registry in TABLES]
    if not any(hits):
        st.info("No method has all of these words.", icon=":material/search_off:")
    wait(session, slot)


def _table(title: str, registry: Mapping[str, Entry[Any, Any]], words: list[str]) -> int:
    found = [entry for entry in registry.values() if all(word in _text(title, entry) for word in words)]
    if not found:
        return 0
    head = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom")
    head.subheader(f"{title} ({len(found)})", anchor=False, width="content")
    for entry in found:
        with st.expander(f"**{entry.title}** · {plain(entry.source)}"):
            _entry(title, entry)
    rows = [
        {
            "name": entry.name,
            "title": entry.title,
            "source": entry.source,
            "settings": "; ".join(
                f"{param.name}: {_range(param)}, default {format_value(param, param.default)}" for param in entry.params
            ),
        }
        for entry in found
    ]
    with head:
        csv_button(f"{title} as CSV", rows, f"{title.lower().replace(' ', '-')}.csv", key=f"csv-{title}")
    return len(found)


def _text(title: str, entry: Entry[Any, Any]) -> str:
    parts = (
        title,
        entry.name,
        entry.title,
        entry.source,
        inspect.getdoc(entry.function),
        *map(str, _facts(entry).values()),
    )
    return " ".join(map(str, (*parts, *(param.name for param in entry.params)))).lower()


def _facts(entry: Entry[Any, Any]) -> dict[str, Any]:
    """List the facts that a registry holds of a method."""
    return {one.name: getattr(entry.facts, one.name) for one in fields(entry.facts)}


def _entry(table: str, entry: Entry[Any, Any]) -> None:
    st.markdown(f"Name in scripts: `{entry.name}`. Source: {plain(entry.source)}.")
    if about := inspect.getdoc(entry.function):
        st.markdown(about)
    if entry.params:
        st.table([_setting(param) for param in entry.params])
    elif table not in WITH_CARD:
        st.caption("No settings.")
    facts = _facts(entry)
    told = [f"{name}: {plain(value)}" for name, value in facts.items() if isinstance(value, str)]
    if cost := facts.get("passes"):
        told.append(f"costs at its defaults, one image: {_cost(cost, entry)}")
    if told:
        st.caption(" · ".join(told))
    if presets := facts.get("presets"):
        st.caption("Presets: the settings of a paper, as far as it states them")
        st.table([_preset(name, entry, given) for name, given in presets.items()])
    with guard():
        if table == "Deepfake detectors":
            _detector(entry.name)
        elif table in WITH_CARD:
            _card(card_record(read_card(entry.name, AttackDetectorCard)))
        elif table == "Signatures":
            _card(card_record(read_card(DEFAULT_SET, ReferenceSetCard)))


def _detector(name: str) -> None:
    """Show a detector's card and metrics; its weights need not be installed."""
    state, card = status.state(name), status.card_of(name)
    if state.where == "missing":
        st.markdown(f":material/inventory_2: Its weights are not on this machine: {plain(state.message)}")
    _card({key: value for key, value in card_record(card).items() if key not in ("measured", "bands", "get")})
    st.caption("Measured")
    measurements.draw(status.measurements_of(name), key=f"methods-{name}")
    record = state.path and read_calibration(shipped_calibration_path(name))
    if record and record.weights_sha256 == state.sha256_of_file:
        st.caption("Calibration: what each band holds, of held-out faces")
        st.table(calibration_figures.band_rows(record.bands))
        error = number_words(record.ece, record.ece_interval)
        st.markdown(f"Calibration error {error}, on {plain(record.data)}.", help=calibration_figures.ECE)


def _setting(param: Param) -> dict[str, str]:
    return {
        "setting": param_label(param),
        "default": format_value(param, param.default),
        "allowed": _range(param),
        "what it is": plain(param.help),
    }


def _cost(passes: Any, entry: Entry[Any, Any]) -> str:
    """Count passes: a map's forward and backward together, an attack's apart."""
    if callable(passes):
        forward, backward = passes(entry.settings())
        return f"at most {forward} forward and {backward} backward passes"
    return f"about {passes} {'pass' if passes == 1 else 'passes'} through the network"


def _preset(name: str, entry: Entry[Any, Any], given: Mapping[str, Any]) -> dict[str, str]:
    values = entry.settings(given)
    return {"preset": f"`{name}`"} | {
        param_label(param): format_value(param, values[param.name]) for param in entry.params
    }


def _range(param: Param) -> str:
    if param.choices:
        return ", ".join(param.choices)
    if isinstance(param.default, bool):
        return "yes, no"
    low, high = ("any" if v is None else f"{v * param.scale:.6g}" for v in (param.low, param.high))
    return f"{low} to {high}"


def _card(card: Mapping[str, Any]) -> None:
    for name in WORDY:
        if text := card.get(name):
            st.markdown(f"**{name.capitalize()}.** {plain(text)}")
    facts = {k: v for k, v in card.items() if k not in WORDY and v not in ({}, [], None) and not isinstance(v, Mapping)}
    left, right = st.columns(2, gap="medium")
    with left:
        st.caption("Card of the model")
        show_facts(facts)
    with right:
        for name, values in card.items():
            if isinstance(values, Mapping) and values:
                st.caption(name.replace("_", " ").capitalize())
                show_facts(_flat(values))
    json_button("Card as JSON", card, f"{card.get('name', 'card')}.json", key=f"card-{card.get('name')}")


def _flat(values: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Nested figures as one level of names."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        flat |= _flat(value, f"{before}{name}, ") if isinstance(value, Mapping) else {f"{before}{name}": value}
    return flat


with guard():
    main()
