"""Show one map, large: the face, its map, and the same after an attack."""

from __future__ import annotations

import streamlit as st

from pages.parts.explain import map_columns
from pages.parts.explain.explain_settings import MapSettings
from pages.parts.explain.region_results import where_it_lies
from pages.parts.session.page_state import store_settings
from pages.parts.widgets.chart_widgets import show_colour_bar
from pages.parts.widgets.drawn_maps import overlaid
from pages.parts.widgets.image_widgets import show_small_image
from pages.parts.widgets.page_links import offer_attack
from pages.parts.widgets.picture_compare import ComparedPicture, compare_pictures
from pages.parts.widgets.tables import plain

FIRST = "integrated-gradients"


def draw(scene: map_columns.Scene) -> None:
    """Draw the map that is chosen, with a sentence of where most of it lies."""
    session, both, columns = scene.session, scene.both, scene.columns
    if not columns:
        _faces(scene)
        return
    choice = session.page_state(MapSettings)
    found = {column.method: column for column in columns}
    now = choice.one if choice.one in found else FIRST if FIRST in found else columns[0].method
    place = st.container()
    with st.container(horizontal=True, vertical_alignment="center"):
        bar = st.container(width=440)
        names = list(found)
        now = st.selectbox(
            "Map", names, names.index(now), format_func=lambda name: found[name].title, key="one-map-method", width=260
        )
    store_settings(choice, one=now)
    with place:
        _one(scene, found[now])
    first = found[now].maps[0]
    with bar:
        show_colour_bar(first.signed, map_columns.scales(found[now], shared=choice.shared)[0], key="one-map-bar")
    if len(both) == 1:
        offer_attack("to-attack-one-map")


def _faces(scene: map_columns.Scene) -> None:
    """Draw the faces whose maps are not computed yet."""
    asked = f"Why “{scene.both[0].verdict.band.lower()}”? Compute the maps to see."
    st.markdown("The maps are being computed." if scene.session.busy else asked)
    with st.container(horizontal=True):
        for side in scene.both:
            show_small_image(side.crop, f"The {side.name} face" if len(scene.both) > 1 else "The face in focus")


def _one(scene: map_columns.Scene, column: map_columns.Column) -> None:
    both, choice = scene.both, scene.session.page_state(MapSettings)
    st.header(plain(where_it_lies(scene, column)), anchor=False)
    pictures = []
    ends = iter(map_columns.scales(column, shared=choice.shared))
    for side, stored in zip(both, column.found, strict=True):
        pictures.append(ComparedPicture(side.name.capitalize(), f"The {side.name} face", side.crop))
        if stored:
            one, end = stored.attribution, next(ends)
            drawn = overlaid(side.crop, one, strength=choice.strength, scale=end)
            alt = f"{column.title} of the {side.name} face"
            pictures.append(ComparedPicture(f"{column.title}, {side.name}", alt, drawn, one.map))
    compare_pictures(pictures, key="one-map", pair=_pair(both, column))


def _pair(both: list[map_columns.Side], column: map_columns.Column) -> tuple[int, int]:
    """Slide and swap the clean and the attacked face; of one face, the face and its map."""
    return (0, 2 if column.found[0] else 1) if len(both) > 1 else (0, 1)
