"""Explain: maps of the clean and the attacked face side by side, what each is worth, and what they have in common."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.explain import EXPLAINERS, REDUCER
from core.output import text
from core.registry import Value
from core.types import Judged, Target
from pages.parts.explain import critical_panel, map_columns, map_grid, map_similarity, print_panel, region_shares
from pages.parts.session import choices, session
from pages.parts.widgets import guarding, page_head, param_inputs, progress_bar, tables

ABOUT = "What moved this detector's score here. Not where the picture was edited."
KEY = "explain-tab"
PER_ROW = 4  # methods whose settings stand side by side
TABS = {
    "Grid": map_grid.draw,
    "Compare": map_similarity.draw,
    "Regions": region_shares.draw,
    "Critical pixels": critical_panel.draw,
    "For print": print_panel.draw,
}


def main() -> None:
    desk, item = page_head.page("Explain", ABOUT, "Choose a file to see maps of a face in it, or begin with a sample:")
    slot, slots = st.empty(), {}
    if item:
        both = map_columns.sides(desk, item)
        _settings(desk, both)
        slots = _tabs(desk, item, both)
    progress_bar.wait(slots.get(desk.job.kind, slot) if desk.job else slot, desk)


def _tabs(desk: session.Desk, item: Judged, both: list[map_columns.Side]) -> dict[str, Any]:
    """The tabs; of the open one, where its work is to show how far it is."""
    scene = map_columns.Scene(desk, item, both, map_columns.columns(desk, both))
    _stale(both, scene.columns)
    session.recall(KEY, desk.maps.tab)
    tabs = st.tabs(list(TABS), key=KEY, on_change="rerun")
    for tab, (name, draw) in zip(tabs, TABS.items(), strict=True):
        if tab.open:
            desk.maps.tab = name
            with tab, guarding.guard():
                draw(scene)
    return scene.slots


def _settings(desk: session.Desk, both: list[map_columns.Side]) -> None:
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
    choices.changed(choice, methods=tuple(methods), target=target, values=values, seed=seed)
    todo = map_columns.todo(desk, both, desk.maps.methods)
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
        map_columns.start(desk, todo)
        st.rerun()


def _method_settings(choice: choices.MapChoice, methods: list[str]) -> tuple[dict[str, dict[str, Value]], int]:
    values: dict[str, dict[str, Value]] = {}
    entries = [EXPLAINERS[name] for name in methods if EXPLAINERS[name].params]
    for start in range(0, len(entries), PER_ROW):
        for column, entry in zip(st.columns(PER_ROW), entries[start : start + PER_ROW], strict=False):
            now = entry.settings(choice.values.get(entry.name))
            with column:
                st.markdown(f"**{entry.title}**", help=tables.plain(entry.source))
                values[entry.name] = {
                    param.name: param_inputs.param_input(param, now[param.name], key=f"map-{entry.name}-{param.name}")
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


def _stale(both: list[map_columns.Side], columns: list[map_columns.Column]) -> None:
    """Maps of other settings, or of a face before its attack, are shown, and said to be so."""
    old = [column for column in columns if column.stale]
    if old:
        words = tables.plain(map_columns.made_with(old))
        st.warning(f"Made with other settings than those on the screen: {words}.", icon=":material/history:")
    if len(both) > 1 and any(None in column.found for column in columns):
        st.info("The attack is newer than some of these maps: compute them for its row.", icon=":material/history:")


with guarding.guard():
    main()
