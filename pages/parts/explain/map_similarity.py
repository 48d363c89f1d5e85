"""Compare maps: clean with attacked by method, and methods with one another."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import streamlit as st

from core.engine.jobs import Job
from core.engine.results import ResultKey
from core.explain.analysis.map_pairs import BOTH, Pair, compare_pair, pairs_of, pairs_sentence
from core.output import screen
from core.output.map_records import pairs_record, similarity_rows
from core.output.records import Record
from core.output.shown_record import ShownRecord, csv_file
from core.output.similarity_sentences import similarity_sentence
from core.output.text import signed_number
from core.types import Array, content_id
from core.types.compared_maps import Similarity
from pages.parts.explain import map_columns
from pages.parts.explain.explain_settings import MapSettings
from pages.parts.explain.repeatable import map_settings, maps_by_face
from pages.parts.session.page_state import store_settings
from pages.parts.session.session import Session
from pages.parts.session.shown_records import hand_in
from pages.parts.widgets.chart_widgets import show_matrix
from pages.parts.widgets.progress_bar import ProgressPlace
from pages.parts.widgets.tables import csv_button, plain, show_table

MEASURES = {"ssim": "SSIM: structure", "rank": "Rank correlation", "top_k": "Overlap of the top pixels"}
MEANINGS = {
    "ssim": "Structural similarity (Wang et al. 2004), −1 to 1: whether the same places have the same texture of "
    "values. Clean and attacked share a scale; methods have different units, so each is divided by its largest value.",
    "rank": "Spearman's correlation of all pixels, −1 to 1: whether the pixels come in the same order, whatever the "
    "scale.",
    "top_k": "The share, 0 to 1, of the 10% of pixels with the largest absolute values that are the same in both maps.",
}
TOP = 0.1


@dataclass(slots=True, eq=False)
class ComparedMaps:
    """Hold the comparisons so far; `count` pairs were requested."""

    count: int
    found: dict[Pair, Similarity] = field(default_factory=dict)


def draw(scene: map_columns.Scene) -> ProgressPlace | None:
    """Draw a table of clean against attacked, and a matrix of methods per face."""
    session, both, columns = scene.session, scene.both, scene.columns
    if not columns:
        st.markdown("No maps yet: compute some, and they are compared here.")
        return None
    conclusion = st.container()
    key = _key(session, columns)
    kept = session.results.get(key)
    whole = kept is not None and len(kept.found) == kept.count
    with st.container(horizontal=True, vertical_alignment="center"):
        run = st.button(
            "Compare these maps",
            type="secondary" if whole else "primary",
            icon=":material/compare_arrows:",
            disabled=session.busy or whole,
            key="compare-run",
        )
        st.caption("Clean with attacked for each method, and each method with each other.")
    place = ProgressPlace("similar", st.empty())
    if run:
        _start(session, columns, key, kept)
        st.rerun()
    if kept is None or (not whole and session.busy):  # while it grows, a table would be half empty
        return place
    if not whole:
        conclusion.info(f"Stopped: {len(kept.found)} of {kept.count} pairs were compared.", icon=":material/history:")
    choice = session.page_state(MapSettings)
    _shown(choice, both, columns, kept)
    titles = {column.method: column.title for column in columns}
    conclusion.header(plain(similarity_sentence(kept.found, titles, choice.measure)), anchor=False)
    hand_in(session, partial(_shown_record, scene, kept), about=" ".join(side.of for side in both))
    return place


def _shown_record(scene: map_columns.Scene, kept: ComparedMaps) -> ShownRecord:
    """Record both tables for the case."""
    rows = similarity_rows(kept.found, top=TOP)
    settings, words = map_settings(scene) | {"top": TOP}, pairs_sentence(len(kept.found), kept.count)
    results = pairs_record(scene.judged.face, rows)
    files = {"similarity.csv": csv_file(rows)}
    return ShownRecord("map-similarity", words, settings, results, files, scene.weights)


def _key(session: Session, columns: list[map_columns.Column]) -> ResultKey[ComparedMaps]:
    """Return the key of a comparison of these very maps."""
    maps = [repr(tuple(stored.key)) for column in columns for stored in column.found if stored]
    key: ResultKey[ComparedMaps] = ResultKey("similar", content_id(*maps), session.detector.version)
    return key.with_settings({"top": TOP})


def _maps(columns: list[map_columns.Column]) -> dict[str, dict[str, Array]]:
    return {
        column.method: {face: stored.attribution.map for face, stored in maps_by_face(column)} for column in columns
    }


def _start(
    session: Session,
    columns: list[map_columns.Column],
    key: ResultKey[ComparedMaps],
    kept: ComparedMaps | None,
) -> None:
    maps = _maps(columns)
    pairs = pairs_of(maps, [column.method for column in columns if column.alike])

    def work(job: Job) -> None:
        result = ComparedMaps(len(pairs), dict(kept.found) if kept else {})
        session.results.put(key, result)
        for pair in pairs:
            if job.should_stop():
                return
            if pair not in result.found:
                result.found[pair] = compare_pair(maps, pair, top=TOP)
            job.tell(len(result.found))

    session.start("similar", "Comparing maps, pairs", work, total=len(pairs))


def _shown(
    choice: MapSettings, both: list[map_columns.Side], columns: list[map_columns.Column], kept: ComparedMaps
) -> None:
    if len(both) == 2:
        st.subheader("Clean to attacked", anchor=False, help="How much of each map outlives the attack.")
        rows = [_row(column, kept.found.get((BOTH, column.method, column.method))) for column in columns]
        show_table(rows if any(row["note"] for row in rows) else [_without_note(row) for row in rows])
        csv_button("Clean to attacked as CSV", _rows_of(kept, both=True), "similarity.csv", key="similar-csv")
    else:
        st.caption("With an attack on this face, each method's clean and attacked map are compared here too.")
    st.subheader("Method to method", anchor=False, help="Maps that agree say the same; they may still both be wrong.")
    measure = st.segmented_control(
        "Measure",
        list(MEASURES),
        default=choice.measure,
        format_func=MEASURES.__getitem__,
        key="similar-measure",
        required=True,
    )
    store_settings(choice, measure=measure)
    st.caption(MEANINGS[measure])
    for place, side in zip(st.columns(len(both)), both, strict=True):
        with place:
            _matrix(measure, side, columns, kept)
    csv_button("Method to method as CSV", _rows_of(kept, both=False), "methods.csv", key="methods-csv")


def _row(column: map_columns.Column, found: Similarity | None) -> dict[str, str]:
    if found is None:
        return {"map": column.title, **dict.fromkeys(MEASURES.values(), "not compared"), "note": ""}
    values = {title: _number(getattr(found, name)) for name, title in MEASURES.items()}
    return {"map": column.title, **values, "note": found.degenerate or ""}


def _without_note(row: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in row.items() if name != "note"}


def _number(value: float | None) -> str:
    return "degenerate" if value is None else signed_number(value)


def _matrix(measure: str, side: map_columns.Side, columns: list[map_columns.Column], kept: ComparedMaps) -> None:
    there = [column for column in columns if any(side.of == one.of for one in column.maps)]
    cells = [[_of(kept, side.name, a.method, b.method) for b in there] for a in there]
    values = [[getattr(cell, measure) if cell else None for cell in row] for row in cells]
    reasons = [[(cell.degenerate or "") if cell else "not compared" for cell in row] for row in cells]
    low = 0.0 if measure == "top_k" else -1.0
    matrix = screen.NumberMatrix(tuple(column.title for column in there), values, reasons, low)
    st.caption(f"The {side.name} face")
    show_matrix(matrix, f"{MEASURES[measure]} between methods, {side.name} face", key=f"matrix-{side.name}")


def _of(kept: ComparedMaps, name: str, one: str, other: str) -> Similarity | None:
    return kept.found.get((name, one, other)) or kept.found.get((name, other, one))


def _rows_of(kept: ComparedMaps, *, both: bool) -> list[Record]:
    """Make rows of clean with attacked, or of method with method."""
    return similarity_rows({pair: one for pair, one in kept.found.items() if (pair[0] == BOTH) == both}, top=TOP)
