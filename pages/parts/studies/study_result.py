"""Show a measured table or figure beside the paper's numbers."""

from __future__ import annotations

import streamlit as st

from core.output import screen
from core.output.shown_record import Content, ShownRecord
from core.output.text import percent
from core.output.value_records import value_record
from core.studies import study_figures as figures
from core.studies.study_run import to_csv
from core.types.study_tables import StudyCell, StudyRow, StudyTable
from pages.parts.session.session import Session
from pages.parts.session.shown_records import hand_in
from pages.parts.studies.study_pictures import draw_panels
from pages.parts.widgets.chart_widgets import show_chart
from pages.parts.widgets.tables import json_button, plain, show_facts, show_table

MAX_COLUMNS, MAX_ROWS = 9, 40  # of a table that is read without scrolling


def draw_result(session: Session, found: StudyTable) -> None:
    """Say the conclusion, then draw the figure and the numbers."""
    st.header(plain(found.conclusion), anchor=False)
    if found.notes:
        st.caption(plain(found.notes[0]))
    if found.panels:
        draw_panels(found.panels)
    _draw_chart(found)
    drawn_whole = figures.is_embedding(found) or figures.is_curves(found)  # the numbers are the figure's points
    if len(found.columns) <= MAX_COLUMNS and len(found.rows) <= MAX_ROWS and not drawn_whole:
        show_table(_rows(found))
    else:
        for title, rows in (("Measured", found.rows), ("In the paper", found.paper or ())):
            if not rows:
                continue
            with st.expander(title, expanded=title == "Measured" and not figures.has_figure(found)):
                st.dataframe([dict(zip(found.columns, row, strict=True)) for row in rows], hide_index=True)
    with st.expander("Settings and notes", icon=":material/tune:"):
        for note in found.notes[1:]:
            st.markdown(plain(note))
        show_facts({"n": found.n, **{key: value for key, value in found.settings.items() if value is not None}})
    stem = f"{found.study}-{found.table.replace(' ', '-')}"
    hand_in(session, _shown(found), of_file=False)
    with st.container(horizontal=True):
        st.download_button(
            "Table as CSV",
            to_csv(found),
            f"{stem}.csv",
            "text/csv",
            key="study-csv",
            icon=":material/download:",
            on_click="ignore",
        )
        json_button("Table as JSON", value_record(found), f"{stem}.json", key="study-json")
        if figures.has_figure(found):
            st.download_button(
                "Figure as PNG",
                lambda: figures.figure_png(found) or b"",
                f"{stem}.png",
                "image/png",
                key="study-png",
                icon=":material/download:",
                on_click="ignore",
            )


def _shown(found: StudyTable) -> ShownRecord:
    """Record the table and its figure for a case."""
    files: dict[str, Content] = {"table.csv": to_csv(found).encode()}
    if figures.has_figure(found):
        files["figure.png"] = lambda: figures.figure_png(found) or b""
    settings = {"study": found.study, "table": found.table, "n": found.n, **found.settings}
    return ShownRecord("study", found.conclusion, settings, value_record(found), files)


def _draw_chart(found: StudyTable) -> None:
    """Draw what the rows are: points, curves, shares, groups or units."""
    if figures.is_embedding(found):
        show_chart(screen.study_points(figures.point_groups(found)), found.title, key="study-plane")
    if figures.is_curves(found):
        show_chart(screen.study_roc(figures.curve_groups(found)), found.title, key="study-curves")
    if figures.is_shares(found):
        show_chart(screen.study_lines(*figures.share_lines(found)), found.title, key="study-figure")
    if figures.is_units(found):
        attack, boxes = figures.unit_boxes(found)
        show_chart(screen.study_boxes(boxes, attack=attack), found.title, key="study-units")
    if figures.is_groups(found):
        halves = figures.halves(found)
        for column, half in zip(st.columns(len(halves)), halves, strict=True):
            with column:
                _draw_groups(found, half)


def _draw_groups(found: StudyTable, half: str) -> None:
    """Draw a half's means and histograms."""
    means, spreads = (figures.group_values(found, half, measure) for measure in ("mean", "standard deviation"))
    st.caption(plain(f"Digits: {half}. Bars are means, whiskers standard deviations."))
    sizes, whiskers = ([float(one[0]) for one in values.values()] for values in (means, spreads))
    show_chart(
        screen.group_means(sizes, whiskers, list(means)), f"{found.title}, {half}: means", key=f"study-means-{half}"
    )
    histograms = screen.group_histograms(figures.group_edges(found), figures.group_values(found, half, "share"))
    show_chart(histograms, f"{found.title}, {half}: histograms", key=f"study-histograms-{half}")


def _rows(found: StudyTable) -> list[dict[str, str]]:
    """Put each measured row above the paper's.

    The paper's are last where it prints other rows.
    """
    n = found.n if found.paper_n else None  # counts are of n examples where the paper's are, too
    measured = [_words(found, row, "", n) for row in found.rows]
    printed = [_printed(found, row) for row in found.paper or ()]
    if len(printed) != len(measured):
        return measured + [row for row in printed if row]
    return [row for pair in zip(measured, printed, strict=True) for row in pair if row]


def _printed(found: StudyTable, row: StudyRow) -> dict[str, str]:
    """Return a row of the paper in words; nothing for an empty one."""
    return _words(found, row, ", paper", found.paper_n) if any(cell is not None for cell in row[1:]) else {}


def _words(found: StudyTable, row: StudyRow, who: str, n: int | None) -> dict[str, str]:
    first, *names = found.columns
    cells = {name: _cell(found, cell, n) for name, cell in zip(names, row[1:], strict=True)}
    return {first: f"{row[0]}{who}", **cells}


def _cell(found: StudyTable, cell: StudyCell, n: int | None) -> str:
    if cell is None:
        return "–"
    if figures.is_shares(found):
        return percent(float(cell))
    if not isinstance(cell, int):
        return str(cell)
    return f"{cell:,} ({percent(cell / n)})" if n else f"{cell:,}"
