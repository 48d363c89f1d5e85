"""Show what the answer can and cannot find, as it was measured."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from core import pipeline
from core.output import screen
from core.reports.measured_tables import detection_rows
from core.reports.scope_tables import alarm_rows, found_rows, scope_matrix
from core.storage.measured_files import read_measurements
from core.types.answer_scope import AnswerEvaluation
from core.types.measured_results import MeasuredAttackDetector
from pages.parts.session.attack_answers import attack_detector
from pages.parts.session.session import Session
from pages.parts.widgets.chart_widgets import show_kept_chart
from pages.parts.widgets.folded_part import fold
from pages.parts.widgets.tables import plain, show_markdown_table

METRICS_HELP = (
    "Accuracy: the share called rightly at a score of 0.5 (higher is better; among those called real, attacked and "
    "unattacked weigh the same). AUC: how often an attacked crop has the higher score (0.5 is chance). Its map made "
    "black shows what it makes of the crop alone."
)


def show_scope(session: Session) -> list[dict[str, str]]:
    """Draw the scope of validity; return its rows for a download."""
    signs = pipeline.load_attack_signs()
    st.subheader("What it finds, and what passes unseen", anchor=False)
    st.markdown(plain(signs.card.scope))
    rows: list[dict[str, str]] = []
    for one in read_measurements(signs.card.name):
        if isinstance(one.result, AnswerEvaluation):
            _matrix(session, one.label, one.result)
            rows += [{"measured on": one.label, **row} for row in found_rows(one.result.attacks)]
    title = "The attack detector of Pinhasov et al. 2024, on crop and map"
    fold(session, title, _paper, icon=":material/article:", key="scope-paper")
    papers = ({"measured on": label, **row} for label, here in _paper_rows() for row in here)
    return [*rows, *papers]


def _matrix(session: Session, label: str, found: AnswerEvaluation) -> None:
    """Draw what was found of each attack, by strength and post-processing."""
    st.caption(plain(f"{label}: share found at 5% false alarms, of attacks that still turn the verdict there."))
    attacks = found.attacks

    def drawn() -> go.Figure:
        matrix = scope_matrix(attacks)
        return screen.detection_scope(matrix.shares, matrix.counts, matrix.columns)

    def numbers() -> None:
        show_markdown_table(alarm_rows(found.clean))
        show_markdown_table(found_rows(attacks))

    alt = "Share of attacks found, by attack, strength and post-processing"
    show_kept_chart(repr(attacks), drawn, alt, key=f"scope-{label}")
    title = "False alarms on faces that nobody attacked, and all numbers"
    fold(session, title, numbers, icon=":material/table:", key=f"scope-numbers-{label}")


def _paper() -> None:
    st.markdown(plain(attack_detector().scope))
    st.caption("It calls noise of an attack's size an attack, too: its score is one line of the answer above, no more.")
    for label, here in _paper_rows():
        st.markdown(f"**{plain(label)}**", help=METRICS_HELP)
        show_markdown_table(here)


def _paper_rows() -> list[tuple[str, list[dict[str, str]]]]:
    found = read_measurements(attack_detector().name)
    rows = (
        (one.label, detection_rows(one.result.attacks))
        for one in found
        if isinstance(one.result, MeasuredAttackDetector)
    )
    return [(label, here) for label, here in rows if here]
