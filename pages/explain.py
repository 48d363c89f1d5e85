"""Explain: maps of the clean and the attacked face side by side, what each is worth, and what they have in common."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.explain import EXPLAINERS, REDUCER
from core.output import text
from core.registry import Value
from core.types import Judged, Target
from pages import (
    _maps,
    _maps_compare,
    _maps_critical,
    _maps_grid,
    _maps_print,
    _maps_regions,
    _state,
    _tables,
    _widgets,
)

ABOUT = "What moved this detector's score here. Not where the picture was edited."
KEY = "explain-tab"
PER_ROW = 4  # methods whose settings stand side by side
TABS = {
    "Grid": _maps_grid.draw,
    "Compare": _maps_compare.draw,
    "Regions": _maps_regions.draw,
    "Critical pixels": _maps_critical.draw,
    "For print": _maps_print.draw,
}


def main() -> None:
    desk, item = _widgets.page("Explain", ABOUT, "Choose a file to see maps of a face in it, or begin with a sample:")
    slot, slots = st.empty(), {}
    if item:
        both = _maps.sides(desk, item)
        _settings(desk, both)
        slots = _tabs(desk, item, both)
    _widgets.wait(slots.get(desk.job.kind, slot) if desk.job else slot, desk)


def _tabs(desk: _state.Desk, item: Judged, both: list[_maps.Side]) -> dict[str, Any]:
    """The tabs; of the open one, where its work is to show how far it is."""
    scene = _maps.Scene(desk, item, both, _maps.columns(desk, both))
    _stale(both, scene.columns)
    _state.recall(KEY, desk.maps.tab)
    tabs = st.tabs(list(TABS), key=KEY, on_change="rerun")
    for tab, (name, draw) in zip(tabs, TABS.items(), strict=True):
        if tab.open:
            desk.maps.tab = name
            with tab, _widgets.guard():
                draw(scene)
    return scene.slots


def _settings(desk: _state.Desk, both: list[_maps.Side]) -> None:
    """What to compute. Each change is kept at once, so that nothing is lost by leaving the page before computing."""
    choice = desk.maps
    methods = st.multiselect(
        "Maps",
        list(EXPLAINERS),
        list(choice.methods),
        format_func=lambda name: EXPLAINERS[name].title,
        key="maps-methods",
        placeholder="Choose at least one map",
    )
    row = st.container(horizontal=True, vertical_alignment="bottom")
    targets: list[Target] = list(text.TARGETS)
    target = row.selectbox(
        "Explained output",
        targets,
        targets.index(choice.target),
        format_func=text.TARGETS.__getitem__,
        key="maps-target",
        width=300,
        help="Which of the detector's outputs the maps are of. The verdict follows the margin.",
    )
    with st.expander("Settings of the maps", icon=":material/tune:"):
        values, seed = _method_settings(choice, methods)
    _state.changed(choice, methods=tuple(methods), target=target, values=values, seed=seed)
    todo = _maps.todo(desk, both, desk.maps.methods)
    count = sum(len(names) for _, names in todo)
    with row:
        run = st.button(
            "Compute maps",
            type="primary",
            icon=":material/gradient:",
            disabled=desk.busy or not count,
            key="maps-compute",
        )
        left_to_do = f"{count} to compute" if count else "All are computed with these settings" if methods else ""
        st.caption(f"{left_to_do}. From channels to a map: {REDUCER}." if methods else "No map is chosen.")
    if run:
        _maps.start(desk, todo)
        st.rerun()


def _method_settings(choice: _state.MapChoice, methods: list[str]) -> tuple[dict[str, dict[str, Value]], int]:
    values: dict[str, dict[str, Value]] = {}
    entries = [EXPLAINERS[name] for name in methods if EXPLAINERS[name].params]
    for start in range(0, len(entries), PER_ROW):
        for column, entry in zip(st.columns(PER_ROW), entries[start : start + PER_ROW], strict=False):
            now = entry.settings(choice.values.get(entry.name))
            with column:
                st.markdown(f"**{entry.title}**", help=_tables.plain(entry.source))
                values[entry.name] = {
                    param.name: _widgets.param_input(param, now[param.name], key=f"map-{entry.name}-{param.name}")
                    for param in entry.params
                }
    seed = int(
        st.number_input(
            "Seed of all sampled maps",
            0,
            2**31 - 1,
            choice.seed,
            key="maps-seed",
            width=220,
            help="The same seed gives the same map.",
        )
    )
    return {**choice.values, **values}, seed


def _stale(both: list[_maps.Side], columns: list[_maps.Column]) -> None:
    """Maps of other settings, or of a face before its attack, are shown, and said to be so."""
    old = [column for column in columns if column.stale]
    if old:
        words = _tables.plain(_maps.made_with(old))
        st.warning(f"Made with other settings than those on the screen: {words}.", icon=":material/history:")
    if len(both) > 1 and any(None in column.found for column in columns):
        st.info("The attack is newer than some of these maps: compute them for its row.", icon=":material/history:")


with _widgets.guard():
    main()
