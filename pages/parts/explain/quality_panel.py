"""Measure the quality of maps on a click, and explain the metrics."""

from __future__ import annotations

import streamlit as st

from core.detectors.checkpoints import status
from core.engine.jobs import Job
from core.explain import quality
from core.output import text
from core.types import QualityMetric
from pages.parts.explain import map_columns
from pages.parts.session.map_results import StoredMap
from pages.parts.session.session import Session
from pages.parts.widgets import map_measurements
from pages.parts.widgets.folded_part import fold
from pages.parts.widgets.progress_bar import ProgressPlace
from pages.parts.widgets.tables import plain, show_markdown_table


def draw(scene: map_columns.Scene) -> ProgressPlace:
    """Draw a button that measures, and a table of all metrics."""
    session, columns = scene.session, scene.columns
    st.subheader("Quality of these maps", anchor=False)
    todo = _todo(session, scene.both, columns)
    count = sum(len(pairs) for _, pairs in todo)
    with st.container(horizontal=True, vertical_alignment="center"):
        run = st.button(
            "Measure the quality of these maps",
            icon=":material/straighten:",
            disabled=session.busy or not count,
            key="worth-measure",
        )
        words = f"{count} of the maps above are not measured yet, or not wholly. Each takes some dozens of passes."
        st.caption(words if count else "All maps above are measured.")
    _elsewhere(scene)
    place = ProgressPlace("worth", st.empty())
    if run:
        _start(session, todo)
        st.rerun()
    _strip(scene)
    return place


def _elsewhere(scene: map_columns.Scene) -> None:
    """Show what was measured of these maps on other faces."""
    detector, said = scene.session.detector, []
    measured, sha256 = status.measurements_of(detector.name), detector.card.sha256
    for column in scene.columns:
        if column.method == "lrp":
            said.append(map_measurements.conserved(measured, sha256, str(column.maps[0].settings["rule"])))
    said.append(map_measurements.against_chance(measured, sha256, [column.method for column in scene.columns]))
    if words := " ".join(one for one in said if one):
        st.caption(plain(words), help="More of this under Detectors, at what it was measured on.")


def _todo(
    session: Session, both: list[map_columns.Side], columns: list[map_columns.Column]
) -> list[tuple[map_columns.Side, list[StoredMap]]]:
    """List the maps not fully measured, by side and seed."""
    out = []
    for number, side in enumerate(both):
        maps = [stored for column in columns if (stored := column.found[number])]
        maps = [stored for stored in maps if not ((kept := _measured(session, stored)) and kept.whole)]
        seeds = {stored.key.seed for stored in maps}
        out += [(side, [stored for stored in maps if stored.key.seed == seed]) for seed in seeds]
    return out


def _measured(session: Session, stored: StoredMap) -> map_columns.KeptQuality | None:
    return session.results.get(map_columns.quality_key(stored.key))


def _start(session: Session, todo: list[tuple[map_columns.Side, list[StoredMap]]]) -> None:
    detector = session.detector

    def work(job: Job) -> None:
        for side, maps in todo:
            if job.should_stop():
                return
            job.tell(0, 0, f"Measuring the maps of the {side.name} face, steps")
            rows = quality.evaluate_attributions(
                detector,
                side.crop,
                [stored.attribution for stored in maps],
                seed=maps[0].key.seed,
                progress=job,
            )
            for stored, row in zip(maps, rows, strict=True):
                session.results.put(
                    map_columns.quality_key(stored.key), map_columns.KeptQuality(tuple(row), not job.should_stop())
                )

    session.start("worth", "Measuring the quality of the maps", work)


def _strip(scene: map_columns.Scene) -> None:
    """Draw a row per metric, a column per method: clean, then attacked."""
    found = {
        column.method: [
            {one.name: one for one in map_columns.metrics_of(scene.session, pair)} for pair in column.found if pair
        ]
        for column in scene.columns
    }
    metrics: dict[str, QualityMetric] = {}
    for side in (side for sides in found.values() for side in sides):
        metrics |= {name: one for name, one in side.items() if name not in metrics}
    rows = [
        {
            "metric": f"**{plain(name)}** :small[{map_columns.BETTER[one.better]}]",
            **{column.title: _cell(name, found[column.method]) for column in scene.columns},
        }
        for name, one in metrics.items()
    ]
    two = " Clean → attacked." if len(scene.both) == 2 else ""
    st.caption(f"The metrics of each map; an empty place: not measured, or not of this map.{two}")
    show_markdown_table(rows)
    label, icon = "What each metric means", ":material/help:"
    fold(scene.session, label, lambda: _meanings(scene), icon=icon, key="worth-meanings")
    reasons = {
        f"{column.title}, {one.name}: {one.degenerate}"
        for column in scene.columns
        for side in found[column.method]
        for one in side.values()
        if one.degenerate
    }
    for reason in sorted(reasons):
        st.caption(f"Degenerate here: {plain(reason)}")


def _meanings(scene: map_columns.Scene) -> None:
    """Explain each metric of one map, with its reference values on this face."""
    choices = {
        f"{column.title}, {side.name} face": pair
        for column in scene.columns
        for side, pair in zip(scene.both, column.found, strict=True)
        if pair
    }
    picked = st.selectbox("Of the map", list(choices), key="worth-of")
    for metric in map_columns.metrics_of(scene.session, choices[picked]):
        st.markdown(
            f"**{plain(metric.name)} {text.format_metric(metric)}**: "
            + plain(map_columns.meaning(metric).removeprefix(f"{metric.name}: "))
        )


def _cell(name: str, sides: list[dict[str, QualityMetric]]) -> str:
    values = [text.format_metric(side[name]) for side in sides if name in side]
    return " → ".join(dict.fromkeys(values)) if set(values) == {text.DEGENERATE} else " → ".join(values)
