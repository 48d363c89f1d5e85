"""Explain verdicts: maps of the clean and the attacked face, compared and measured."""

from __future__ import annotations

import streamlit as st

from core.explain import EXPLAINERS, REDUCER
from core.output import text
from core.registry import Value
from core.types import JudgedFace, Target
from pages.parts.explain import (
    critical_panel,
    map_columns,
    map_grid,
    map_similarity,
    one_map,
    print_panel,
    region_shares,
)
from pages.parts.explain.explain_settings import MapSettings
from pages.parts.explain.linked_maps import follow_maps, name_maps
from pages.parts.session.looked_at import drawn_for
from pages.parts.session.page_state import store_settings
from pages.parts.session.session import Session
from pages.parts.widgets.filled_tabs import filled_tabs, follow_tab
from pages.parts.widgets.guarding import guard
from pages.parts.widgets.page_head import begin_page
from pages.parts.widgets.param_inputs import param_input
from pages.parts.widgets.progress_bar import ProgressPlace, wait
from pages.parts.widgets.redrawn_alone import redraw_alone
from pages.parts.widgets.tables import plain

ABOUT = "What moved this detector's score here. Not where the image was edited."
KEY = "explain-tab"
PER_ROW = 3  # methods whose settings stand side by side
TABS = {
    "One map": one_map.draw,
    "All maps": map_grid.draw,
    "Compare": map_similarity.draw,
    "Regions": region_shares.draw,
    "Critical pixels": critical_panel.draw,
    "For print": print_panel.draw,
}
KEPT = ("One map", "All maps", "Compare", "Regions", "Critical pixels")  # tabs that stay drawn


def main() -> None:
    """Draw the page."""
    session, judged = begin_page("Explain", ABOUT, "Choose a file to see maps of a face in it, or begin with a sample:")
    slot, found = st.empty(), None
    if judged:
        follow_maps(session)
        follow_tab(session, TABS, KEY, session.page_state(MapSettings))
        both = map_columns.sides(session, judged)
        _settings(session, both)
        found = redraw_alone(session, lambda: _tabs(session, judged, both))
    wait(session, found.place if found and session.job and session.job.kind == found.kind else slot)


def _tabs(session: Session, judged: JudgedFace, both: list[map_columns.Side]) -> ProgressPlace | None:
    """Draw the tabs; return the place of the open one's progress."""
    settings, found = session.page_state(MapSettings), None
    scene = map_columns.Scene(session, judged, both, map_columns.columns(session, both))
    shown = {one.target for column in scene.columns for one in column.maps}
    st.caption(f"{ABOUT} {text.colour_words(*(shown or {settings.target}))}")
    _stale(both, scene.columns)
    map_grid.hand_in_maps(scene)
    for name, tab in filled_tabs(TABS, KEY, settings, keep=KEPT):
        with tab, guard(), drawn_for(session, tab.open):
            place = TABS[name](scene)
            if tab.open:
                found = place
    name_maps(session, scene.columns)
    return found


def _settings(session: Session, both: list[map_columns.Side]) -> None:
    """Offer to compute the maps that are missing, with their settings in a drawer."""
    choice = session.page_state(MapSettings)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        place = st.empty()
        with st.popover("Maps and their settings", icon=":material/tune:"):
            _ask(choice)
        todo = map_columns.todo(session, both, choice.methods)
        count = sum(len(names) for _, names in todo)
        run = place.button(
            "Compute maps",
            type="primary",
            icon=":material/gradient:",
            disabled=session.busy or not count,
            key="maps-compute",
            shortcut="m",
            width="content",
        )
        left_to_do = f"{count} to compute" if count else "All are computed with these settings"
        st.caption(f"{left_to_do}." if choice.methods else "No map is chosen.", width="content")
    if run:
        map_columns.start(session, todo)
        st.rerun()


def _ask(choice: MapSettings) -> None:
    """Ask what to compute; store each change at once."""
    methods = st.multiselect(
        "Maps",
        list(EXPLAINERS),
        list(choice.methods),
        format_func=lambda name: EXPLAINERS[name].title,
        key="maps-methods",
        placeholder="Choose at least one map",
    )
    targets: list[Target] = list(text.TARGETS)
    target = st.selectbox(
        "Explained output",
        targets,
        targets.index(choice.target),
        format_func=text.TARGETS.__getitem__,
        key="maps-target",
        width=300,
        help="Which of the detector's outputs the maps are of. The verdict follows the margin.",
    )
    values, seed = _method_settings(choice, methods)
    st.caption(f"From channels to a map: {REDUCER}.")
    store_settings(choice, methods=tuple(methods), target=target, values=values, seed=seed)


def _method_settings(choice: MapSettings, methods: list[str]) -> tuple[dict[str, dict[str, Value]], int]:
    values: dict[str, dict[str, Value]] = {}
    entries = [EXPLAINERS[name] for name in methods if EXPLAINERS[name].params]
    for start in range(0, len(entries), PER_ROW):
        for column, entry in zip(st.columns(PER_ROW), entries[start : start + PER_ROW], strict=False):
            now = entry.settings(choice.values.get(entry.name))
            with column:
                st.markdown(f"**{entry.title}**", help=plain(entry.source))
                values[entry.name] = {
                    param.name: param_input(param, now[param.name], key=f"map-{entry.name}-{param.name}")
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
    """Warn that the maps shown are outdated."""
    old = [column for column in columns if column.stale]
    if old:
        words = plain(map_columns.made_with(old))
        st.warning(f"Made with other settings than those on the screen: {words}.", icon=":material/history:")
    if len(both) > 1 and any(None in column.found for column in columns):
        st.info("The attack is newer than some of these maps: compute them for its row.", icon=":material/history:")


with guard():
    main()
