"""Show the share of relevance in each face region, clean beside attacked."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.faces.regions import RegionShare, region_index
from core.output import screen
from core.output.map_records import region_rows, regions_record
from core.output.region_sentences import shares_sentence
from core.output.shown_record import ShownRecord, csv_file
from pages.parts.explain import map_columns
from pages.parts.explain.region_results import masks_of, shares_of, where_it_lies
from pages.parts.explain.repeatable import map_settings
from pages.parts.session.shown_records import hand_in
from pages.parts.widgets.chart_widgets import show_bars
from pages.parts.widgets.encoded_images import drawn_png
from pages.parts.widgets.tables import csv_button, plain, show_table

DENSITY = "Share of relevance over share of area: 1 is what the region's size alone would give it."


def draw(scene: map_columns.Scene) -> None:
    """Draw the regions on the face, with a chart and a table of shares."""
    session, judged, both, columns = scene.session, scene.judged, scene.both, scene.columns
    masks = masks_of(scene)
    conclusion = st.container()
    left, right = st.columns([2, 3], gap="large")
    with left:
        drawn = drawn_png(
            f"regions {judged.face.id}",
            lambda: screen.regions_on(judged.face.crop, region_index(masks), list(masks)),
        )
        st.image(
            drawn,
            "Regions from five landmarks: rough, the same for clean and attacked",
            width="stretch",
            output_format="PNG",
            alt="The face with its regions: " + ", ".join(masks),
        )
    with right:
        if not columns:
            st.markdown("No maps yet: compute some, and what lies in each region is shown here.")
            return
        titles = {column.method: column.title for column in columns}
        method = st.selectbox("Map", list(titles), format_func=titles.__getitem__, key="regions-map")
        found = {column.method: _shares(scene, column) for column in columns}
        shown_now = next(column for column in columns if column.method == method)
        conclusion.header(plain(where_it_lies(scene, shown_now)), anchor=False)
        _chart(titles[method], found[method])
        st.caption(
            "A bar above the line: more relevance than the region's size would give it. It says what the detector "
            "looked at, not what was edited."
        )
    _table(titles[method], found[method])
    csv_button("Regions of all maps as CSV", lambda: region_rows(found), "regions.csv", key="regions-csv")

    def shown() -> ShownRecord:
        rows, words = region_rows(found), shares_sentence(len(masks), len(found))
        results, files = regions_record(judged.face, rows), {"regions.csv": csv_file(rows)}
        return ShownRecord("regions", words, map_settings(scene), results, files, scene.weights)

    hand_in(session, shown, about=" ".join(side.of for side in both))


def _shares(scene: map_columns.Scene, column: map_columns.Column) -> dict[str, list[RegionShare]]:
    return {
        side.name: shares_of(scene, stored) for side, stored in zip(scene.both, column.found, strict=True) if stored
    }


def _chart(title: str, found: Mapping[str, list[RegionShare]]) -> None:
    first = next(iter(found.values()))
    bars = screen.region_bars(
        [row.region for row in first],
        [row.area for row in first],
        {name: [row.relevance for row in rows] for name, rows in found.items()},
    )
    show_bars(bars, f"{title}: share of relevance in each region, with its share of the area", key="regions-chart")


def _table(title: str, found: Mapping[str, list[RegionShare]]) -> None:
    first = next(iter(found.values()))
    rows = []
    for number, region in enumerate(first):
        row = {"region": region.region, "area": f"{region.area:.1%}"}
        for name, values in found.items():
            here = values[number]
            row[f"{name}: relevance"] = _share(here.relevance)
            if here.positive is not None:
                row |= {f"{name}: positive": _share(here.positive), f"{name}: negative": _share(here.negative)}
            row[f"{name}: density"] = _density(here)
        rows.append(row)
    st.markdown(f"**{title}**", help=f"Density: {DENSITY} Positive and negative: of the sums above and below zero.")
    show_table(rows)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _density(row: RegionShare) -> str:
    return "–" if row.density is None else f"{row.density:.2f}"
