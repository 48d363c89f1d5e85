"""Show what the answer can and cannot find, as it was measured."""

from __future__ import annotations

import streamlit as st

from core import pipeline
from core.output import screen
from core.reports.measured_tables import detection_rows
from core.reports.scope_tables import alarm_rows, found_rows, scope_matrix
from core.storage.measured_files import read_measurements
from pages.parts.session.attack_answers import attack_detector
from pages.parts.widgets.chart_widgets import show_chart
from pages.parts.widgets.tables import plain

FIGURES = (
    "Accuracy: the share called rightly at a score of 0.5 (higher is better; among those called real, attacked and "
    "unattacked weigh the same). AUC: how often an attacked crop has the higher score (0.5 is chance). Its map made "
    "black shows what it makes of the crop alone."
)


def show_scope() -> list[dict[str, str]]:
    """Draw the scope of validity; return its rows for a download."""
    signs = pipeline.load_attack_signs()
    st.subheader("What it finds, and what passes unseen", anchor=False)
    st.markdown(plain(signs.card.scope))
    rows: list[dict[str, str]] = []
    for one in read_measurements(signs.card.name):
        matrix = scope_matrix(one.result["attacks"])
        st.caption(
            plain(f"{one.label}: share found at 5 % false alarms, of attacks that still turn the verdict there.")
        )
        figure = screen.detection_scope(matrix.shares, matrix.counts, matrix.columns)
        show_chart(figure, "Share of attacks found, by attack, strength and post-processing", key=f"scope-{one.label}")
        with st.expander("False alarms on faces that nobody attacked, and all numbers"):
            st.table(alarm_rows(one.result["clean"]))
            st.table(found_rows(one.result["attacks"]))
        rows += [{"measured on": one.label, **row} for row in found_rows(one.result["attacks"])]
    with st.expander("The attack detector of Pinhasov et al. 2024, on crop and map"):
        rows += _paper()
    return rows


def _paper() -> list[dict[str, str]]:
    st.markdown(plain(attack_detector().scope))
    st.caption("It calls noise of an attack's size an attack, too: its score is one line of the answer above, no more.")
    rows: list[dict[str, str]] = []
    for one in read_measurements(attack_detector().name):
        here = detection_rows(one.result.get("attacks") or {})
        if here:
            st.markdown(f"**{plain(one.label)}**", help=FIGURES)
            st.table(here)
            rows += [{"measured on": one.label, **row} for row in here]
    return rows
