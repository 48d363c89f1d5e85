"""Show one registered method: paper, settings, presets, and the card of its model."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import streamlit as st

from core.detectors.calibration.store import read_calibration, shipped_calibration_path
from core.detectors.checkpoints import status
from core.detectors.checkpoints.status import WeightsStatus
from core.output.records import card_record
from core.output.text import format_range, format_value, number_words
from core.registry import Entry, Param
from core.signatures import DEFAULT_SET
from core.storage.cards import read_card
from core.types.model_card import AttackDetectorCard, ReferenceSetCard
from pages.parts.session.session import Session
from pages.parts.widgets import calibration_panel, measurements
from pages.parts.widgets.folded_part import fold
from pages.parts.widgets.guarding import guard
from pages.parts.widgets.param_inputs import param_label
from pages.parts.widgets.tables import json_button, plain, show_facts, show_markdown_table

DETECTORS, ATTACK_DETECTORS, SIGNATURES = "Deepfake detector", "Attack detector", "Signature"
WITH_CARD = {DETECTORS, ATTACK_DETECTORS}
WORDY = ("scope", "warrant", "what")


def draw(session: Session, kind: str, entry: Entry[Any, Any]) -> None:
    """Draw a method: what it does, its source and settings; its model's card folded.

    Args:
        session: tells whether work is going on.
        kind: of the method, one of the page's.
        entry: of the method in its registry.
    """
    st.header(entry.title, anchor=False)
    st.caption(f"{kind} · {plain(entry.source)} · in scripts: {plain(entry.name)}")
    about, _, rest = (inspect.getdoc(entry.function) or "").partition("\n\n")
    if about:
        st.markdown(about)
    if rest:
        with st.expander("More about it"):
            st.markdown(rest)
    if entry.params:
        show_markdown_table([_setting(param) for param in entry.params])
    elif kind not in WITH_CARD:
        st.caption("No settings.")
    facts = facts_of(entry)
    told = [f"{name}: {plain(value)}" for name, value in facts.items() if isinstance(value, str) and value]
    if cost := facts.get("passes"):
        told.append(f"costs at its defaults, one image: {_cost(cost, entry)}")
    if told:
        st.caption(" · ".join(told))
    if presets := facts.get("presets"):
        with st.expander("Presets: the settings of a paper"):
            show_markdown_table([_preset(name, entry, given) for name, given in presets.items()])
    with guard():
        _model(session, kind, entry.name)


def _model(session: Session, kind: str, name: str) -> None:
    """Draw the card of a method's model, folded."""
    if kind == DETECTORS:
        _detector(session, name)
    elif kind == ATTACK_DETECTORS:
        _folded_card(session, "Card of its model", lambda: card_record(read_card(name, AttackDetectorCard)))
    elif kind == SIGNATURES and name == read_card(DEFAULT_SET, ReferenceSetCard).signature:
        references = "Card of its references"
        _folded_card(session, references, lambda: card_record(read_card(DEFAULT_SET, ReferenceSetCard)))


def _folded_card(session: Session, label: str, read: Callable[[], Mapping[str, Any]]) -> None:
    fold(session, label, lambda: _card(read()), icon=":material/badge:", key="methods-card")


def facts_of(entry: Entry[Any, Any]) -> dict[str, Any]:
    """List the facts that a registry holds of a method."""
    return {one.name: getattr(entry.facts, one.name) for one in fields(entry.facts)}


def _detector(session: Session, name: str) -> None:
    """Show a detector's card and metrics; its weights need not be installed."""
    state, card = status.state(name), status.card_of(name)
    if state.where == "missing":
        st.markdown(f":material/inventory_2: Its weights are not on this machine: {plain(state.message)}")
    _folded_card(
        session,
        "Card of its model",
        lambda: card_record(card, without=("measured", "bands", "get")),
    )
    fold(session, "Measured", lambda: _measured(name, state), icon=":material/straighten:", key="methods-measured")


def _measured(name: str, state: WeightsStatus) -> None:
    measurements.draw(status.measurements_of(name), key=f"methods-{name}")
    _calibration(name, state)


def _calibration(name: str, state: WeightsStatus) -> None:
    record = state.path and read_calibration(shipped_calibration_path(name))
    if record and record.weights_sha256 == state.sha256_of_file:
        st.caption("Calibration: what each band holds, of held-out faces")
        show_markdown_table(calibration_panel.band_rows(record.bands))
        error = number_words(record.ece, record.ece_interval)
        st.markdown(f"Calibration error {error}, on {plain(record.data)}.", help=calibration_panel.ECE)


def _setting(param: Param) -> dict[str, str]:
    return {
        "setting": param_label(param),
        "default": format_value(param, param.default),
        "allowed": format_range(param),
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


def _card(card: Mapping[str, Any]) -> None:
    for name in WORDY:
        if text := card.get(name):
            st.markdown(f"**{name.capitalize()}.** {plain(text)}")
    facts = {k: v for k, v in card.items() if k not in WORDY and v not in ({}, [], None) and not isinstance(v, Mapping)}
    show_facts(facts)
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
