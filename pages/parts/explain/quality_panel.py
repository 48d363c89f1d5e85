"""The honesty strip: what each map is worth, measured on a click, with the direction that is better and its meaning."""

from __future__ import annotations

import streamlit as st

from core.engine import jobs, results
from core.explain import quality
from core.output import text
from core.types import Attribution, Honesty
from pages.parts.explain import map_columns
from pages.parts.session import session
from pages.parts.widgets import map_measurements, tables

Pairs = list[tuple[results.Key, Attribution]]


def draw(scene: map_columns.Scene) -> None:
    """A button that measures, and a table of all figures with what they mean."""
    desk, columns = scene.desk, scene.columns
    st.subheader("What these maps are worth", anchor=False)
    todo = _todo(desk, scene.both, columns)
    count = sum(len(pairs) for _, pairs in todo)
    with st.container(horizontal=True, vertical_alignment="center"):
        run = st.button(
            "Measure what these maps are worth",
            icon=":material/straighten:",
            disabled=desk.busy or not count,
            key="worth-measure",
        )
        words = f"{count} of the maps above are not measured yet, or not wholly. Each takes some dozens of passes."
        st.caption(words if count else "All maps above are measured.")
    _elsewhere(scene)
    scene.slots["worth"] = st.empty()
    if run:
        _start(desk, todo)
        st.rerun()
    _strip(scene)


def _elsewhere(scene: map_columns.Scene) -> None:
    """What was measured of these maps on other faces, from the detector's card."""
    card, said = scene.desk.detector.card, []
    for column in scene.columns:
        if column.method == "lrp":
            said.append(map_measurements.conserved(card, str(column.maps[0].settings["rule"])))
    said.append(map_measurements.against_chance(card, [column.method for column in scene.columns]))
    if words := " ".join(one for one in said if one):
        st.caption(tables.plain(words), help="More of this under Detectors, at what it was measured on.")


def _todo(
    desk: session.Desk, both: list[map_columns.Side], columns: list[map_columns.Column]
) -> list[tuple[map_columns.Side, Pairs]]:
    """The maps that are not measured, or not wholly, a side at a time; those of one seed together."""
    out = []
    for number, side in enumerate(both):
        pairs = [pair for column in columns if (pair := column.found[number])]
        pairs = [pair for pair in pairs if not ((kept := _worth(desk, pair)) and kept.whole)]
        out += [(side, [pair for pair in pairs if pair[0][5] == seed]) for seed in {pair[0][5] for pair in pairs}]
    return out


def _worth(desk: session.Desk, pair: tuple[results.Key, Attribution]) -> map_columns.Worth | None:
    kept: map_columns.Worth | None = desk.results.get(map_columns.worth_key(pair[0]))
    return kept


def _start(desk: session.Desk, todo: list[tuple[map_columns.Side, Pairs]]) -> None:
    detector = desk.detector

    def work(job: jobs.Job) -> None:
        for side, pairs in todo:
            if job.halt.is_set():
                return
            job.tell(0, 0, f"Measuring the maps of the {side.name} face, steps")
            rows = quality.strip(
                detector,
                side.crop,
                [one for _, one in pairs],
                seed=pairs[0][0][5],
                progress=job.tell,
                should_stop=job.halt.is_set,
            )
            for (key, _), row in zip(pairs, rows, strict=True):
                desk.results.put(map_columns.worth_key(key), map_columns.Worth(tuple(row), not job.halt.is_set()))

    desk.start("worth", "Measuring what the maps are worth", work)


def _strip(scene: map_columns.Scene) -> None:
    """A row a figure with its meaning, a column a method: of the clean face, then of the attacked one."""
    found = {
        column.method: [
            {one.name: one for one in map_columns.figures_of(scene.desk, pair)} for pair in column.found if pair
        ]
        for column in scene.columns
    }
    figures: dict[str, Honesty] = {}
    for side in (side for sides in found.values() for side in sides):
        figures |= {name: one for name, one in side.items() if name not in figures}
    rows = [
        {
            "figure": f"**{tables.plain(name)}** :small[{map_columns.BETTER[one.better]}]",
            **{column.title: _cell(name, found[column.method]) for column in scene.columns},
        }
        for name, one in figures.items()
    ]
    two = " Clean → attacked." if len(scene.both) == 2 else ""
    st.caption(f"The figures of each map; an empty place: not measured, or not of this map.{two}")
    st.table(rows)
    _meanings(scene)
    reasons = {
        f"{column.title}, {one.name}: {one.degenerate}"
        for column in scene.columns
        for side in found[column.method]
        for one in side.values()
        if one.degenerate
    }
    for reason in sorted(reasons):
        st.caption(f"Degenerate here: {tables.plain(reason)}")


def _meanings(scene: map_columns.Scene) -> None:
    """What each figure of one map says: sentences name what it was measured against on this very face."""
    with st.expander("What each figure means", icon=":material/help:"):
        choices = {
            f"{column.title}, {side.name} face": pair
            for column in scene.columns
            for side, pair in zip(scene.both, column.found, strict=True)
            if pair
        }
        picked = st.selectbox("Of the map", list(choices), key="worth-of")
        for figure in map_columns.figures_of(scene.desk, choices[picked]):
            st.markdown(
                f"**{tables.plain(figure.name)} {text.honesty_value(figure)}**: "
                + tables.plain(map_columns.meaning(figure).removeprefix(f"{figure.name}: "))
            )


def _cell(name: str, sides: list[dict[str, Honesty]]) -> str:
    values = [text.honesty_value(side[name]) for side in sides if name in side]
    return " → ".join(dict.fromkeys(values)) if set(values) == {text.DEGENERATE} else " → ".join(values)
