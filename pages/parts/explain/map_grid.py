"""Draw the grid of maps: clean, attacked and difference, zooming together."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import streamlit as st

from core.attacks import ATTACKS
from core.media.images import DIFFERENCE_FACTOR, amplified_difference
from core.output import screen
from core.output.map_records import made_with_record, maps_record, quality_rows
from core.output.shown_record import Content, ShownRecord, csv_file
from core.output.text import seconds_words
from core.output.verdict_sentences import score_words
from core.types import JudgedFace
from pages.parts.explain import map_columns, quality_panel
from pages.parts.explain.explain_settings import MapSettings
from pages.parts.explain.repeatable import face_settings, maps_by_face, measured
from pages.parts.session.kept_attacks import latest_attack
from pages.parts.session.page_state import store_settings
from pages.parts.session.session import Session
from pages.parts.session.shown_records import hand_in
from pages.parts.widgets.folded_part import fold
from pages.parts.widgets.linked_grid import show_linked_grid
from pages.parts.widgets.page_links import offer_attack
from pages.parts.widgets.progress_bar import ProgressPlace
from pages.parts.widgets.tables import csv_button, json_button

LAYOUTS = {
    "rows": "Methods in columns; clean, attacked, difference in rows",
    "columns": "Methods in rows; clean, attacked, difference in columns",
    "paper": "As figure 2 of Pinhasov et al.: no attack above attack",
}
RUN_TIME = "Of this map alone, without the gradient that maps share; on this machine, as busy as it was."


def draw(scene: map_columns.Scene) -> ProgressPlace | None:
    """Draw the grid, a pixel's values, the quality metrics, and the downloads."""
    session, judged, both, columns = scene.session, scene.judged, scene.both, scene.columns
    if len(both) == 1:
        offer_attack("to-attack-grid")
    if not columns:
        words = "The maps are being computed." if session.busy else "No maps yet: choose some above and compute them."
        st.markdown(words)
        return None
    _controls(session.page_state(MapSettings))
    _grid(session, both, columns)
    place = quality_panel.draw(scene)
    fold(session, "Read one pixel in all maps", lambda: _pixel(both, columns), icon=":material/pin:", key="maps-pixel")
    _downloads(session, judged, columns)
    return place


def hand_in_maps(scene: map_columns.Scene) -> None:
    """Keep the maps with their settings and metrics for the case."""
    session, columns = scene.session, scene.columns
    if not columns:
        return
    maps = measured(session, columns)
    settings = face_settings(scene) | {"maps": made_with_record(maps)}
    faces = " and the ".join(side.name for side in scene.both)
    words = f"Maps of the {faces} face: {map_columns.made_with(columns)}."
    results = maps_record(scene.judged.face, session.detector.version, maps)
    files: dict[str, Content] = {"maps.npz": lambda: _npz(columns), "quality.csv": csv_file(quality_rows(maps))}
    about = " ".join(side.of for side in scene.both)
    hand_in(session, ShownRecord("maps", words, settings, results, files, scene.weights), about=about)


def _controls(choice: MapSettings) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        layout = st.selectbox(
            "Layout",
            list(LAYOUTS),
            list(LAYOUTS).index(choice.layout),
            format_func=LAYOUTS.__getitem__,
            key="maps-layout",
            width=420,
        )
        across = st.slider(
            "Side by side",
            2,
            10,
            choice.across,
            key="maps-across",
            width=160,
            help="Images in one row; the others stand below. Fewer are larger.",
        )
        strength = st.slider(
            "Overlay",
            0.0,
            1.0,
            choice.strength,
            0.05,
            key="maps-strength",
            width=160,
            help="0 shows the face alone, 1 the map alone. Differences are shown alone.",
        )
        shared = st.toggle(
            "One colour scale a method",
            choice.shared,
            key="maps-shared",
            help="On: the same colour is the same value for clean, attacked and difference. Off: each map has a scale "
            "of its own.",
        )
    store_settings(choice, layout=layout, across=across, strength=strength, shared=shared)


def _grid(session: Session, both: list[map_columns.Side], columns: list[map_columns.Column]) -> None:
    choice = session.page_state(MapSettings)
    paper = choice.layout == "paper"
    rows = [side.name for side in both]
    if paper:
        rows = ["no attack", *(ATTACKS[result.attack].title for result in [latest_attack(session)] if result)]
    with_difference = len(both) == 2 and not paper
    rows += ["difference"] if with_difference else []
    faces = screen.GridColumn("Face", _faces(both, with_difference))
    drawn = [faces, *(screen.GridColumn(c.title, _cells(session, both, c, with_difference), _mark(c)) for c in columns)]
    if choice.layout == "columns":
        named = [f"{column.title} ({column.mark})" if column.mark else column.title for column in drawn]
        drawn = [screen.GridColumn(name, [c.cells[i] for c in drawn]) for i, name in enumerate(rows)]
        rows = named
    show_linked_grid(
        drawn,
        rows,
        across=choice.across,
        strength=1.0 if paper else choice.strength,
        every_bar=not choice.shared,
        key="maps-grid",
    )
    step = screen.sampling(both[0].crop.shape, len(columns) * len(rows))
    thinned = f" One pixel in {step} is drawn each way; the downloads hold all." if step > 1 else ""
    st.caption(
        "Plus and minus, or Ctrl and the wheel, zoom into all images; drag to move, double-click to go back; point at "
        "a pixel for its value. "
        f"{map_columns.ARROWS}; point at a number for its meaning. Colours end at the 99.5% quantile of the absolute "
        f"values.{thinned}"
    )


def _mark(column: map_columns.Column) -> str:
    return "made with other settings" if column.stale else ""


def _faces(both: list[map_columns.Side], with_difference: bool) -> list[screen.GridCell | None]:
    cells: list[screen.GridCell | None] = [
        screen.GridCell(side.crop, lines=[(side.verdict.band, f"{score_words(side.verdict)} of “manipulated”", "")])
        for side in both
    ]
    if with_difference:
        clean, attacked = (side.crop / 255 for side in both)
        image = amplified_difference(clean, attacked)
        cells.append(screen.GridCell(image, lines=[(f"{DIFFERENCE_FACTOR} times amplified about grey", "", "")]))
    return cells


def _cells(
    session: Session, both: list[map_columns.Side], column: map_columns.Column, with_difference: bool
) -> list[screen.GridCell | None]:
    shared = session.page_state(MapSettings).shared
    ends = iter(map_columns.scales(column, shared=shared))
    cells: list[screen.GridCell | None] = []
    for side, stored in zip(both, column.found, strict=True):
        if stored is None:
            cells.append(None)
            continue
        lines = [
            (metric.name, map_columns.said(metric), map_columns.meaning(metric))
            for metric in map_columns.metrics_of(session, stored)
        ]
        if not any(name == "run time" for name, *_ in lines):
            lines.append(("run time", f"{seconds_words(stored.attribution.seconds)} s", RUN_TIME))
        cells.append(screen.GridCell(stored.attribution.map, stored.attribution.signed, next(ends), side.crop, lines))
    if with_difference:
        cells.append(_difference(column, shared=shared))
    return cells


def _difference(column: map_columns.Column, *, shared: bool) -> screen.GridCell | None:
    values = column.difference
    if values is None:
        return None
    maps = [one.map for one in column.maps]
    return screen.GridCell(values, True, screen.scale_of(maps if shared else [values]))


def _pixel(both: list[map_columns.Side], columns: list[map_columns.Column]) -> None:
    high, wide = both[0].crop.shape[:2]
    left, right, _ = st.columns([1, 1, 3])
    row = int(left.number_input("row", 0, high - 1, high // 2, key="pixel-row"))
    column = int(right.number_input("column", 0, wide - 1, wide // 2, key="pixel-column"))
    values = [
        {
            "map": c.title,
            **{
                side.name: f"{stored.attribution.map[row, column]:.6e}" if stored else "not computed"
                for side, stored in zip(both, c.found, strict=True)
            },
            **({"difference": f"{c.difference[row, column]:.6e}"} if c.difference is not None else {}),
        }
        for c in columns
    ]
    st.dataframe(values, hide_index=True)


def _downloads(session: Session, judged: JudgedFace, columns: list[map_columns.Column]) -> None:
    maps = measured(session, columns)
    with st.container(horizontal=True):
        st.download_button(
            "Raw maps as NPZ",
            lambda: _npz(columns),
            "maps.npz",
            "application/octet-stream",
            on_click="ignore",
            icon=":material/download:",
            help="float32, signed and unnormalised, one array a map.",
            key="maps-npz",
        )
        csv_button("Quality metrics as CSV", quality_rows(maps), "quality.csv", key="quality-csv")
        record = maps_record(judged.face, session.detector.version, maps)
        json_button("Result as JSON", record, "maps.json", key="maps-json")


def _npz(columns: list[map_columns.Column]) -> bytes:
    buffer = io.BytesIO()
    named: dict[str, Any] = {
        f"{column.method}.{name}": stored.attribution.map for column in columns for name, stored in maps_by_face(column)
    }
    np.savez_compressed(buffer, **named)
    return buffer.getvalue()
