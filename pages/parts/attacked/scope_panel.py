"""Show what the answer can and cannot find, as it was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
import streamlit as st

from core import pipeline
from core.output import screen
from core.output.attack_answer_sentences import meaning
from core.reports.measured_tables import detection_rows
from core.reports.scope_tables import alarm_rows, found_rows, scope_matrix
from core.storage.measured_files import read_measurements
from core.types.answer_scope import AnswerEvaluation
from core.types.attack_answer import AttackAnswer
from core.types.classifier_metrics import ClassifierMetrics
from core.types.measured_results import MeasuredAttackDetector
from pages.parts.session.attack_answers import attack_detector
from pages.parts.session.session import Session
from pages.parts.widgets.chart_widgets import show_kept_chart
from pages.parts.widgets.folded_part import fold
from pages.parts.widgets.signature_errors import show_signature_errors
from pages.parts.widgets.tables import plain, show_markdown_table

METRICS_HELP = (
    "Accuracy: the share called rightly at a score of 0.5 (higher is better; where the larger output is “not "
    "manipulated”, attacked and unattacked weigh the same). AUC: how often an attacked crop has the higher "
    "score (0.5 is chance). Its map made black shows what it makes of the crop alone."
)


def show_scope(
    session: Session, answers: Sequence[AttackAnswer], signatures: ClassifierMetrics | None
) -> list[dict[str, str]]:
    """Draw the scope of validity; return its rows for a download.

    `signatures`: how often the classifier of signatures is wrong, once it was asked.
    """
    signs = pipeline.load_attack_signs()
    st.subheader("What it finds and misses", anchor=False)
    measured = {
        one.label: one.result for one in read_measurements(signs.card.name) if isinstance(one.result, AnswerEvaluation)
    }
    for label, found in measured.items():
        _matrix(label, found)
    fold(
        session,
        "How sure is this?",
        lambda: _behind(signs.card.scope, answers, measured, signatures),
        icon=":material/help:",
        key="how-sure-attacked",
    )
    rows = [{"measured on": label, **row} for label, found in measured.items() for row in found_rows(found.attacks)]
    return [*rows, *({"measured on": label, **row} for label, here in _paper_rows() for row in here)]


def _matrix(label: str, found: AnswerEvaluation) -> None:
    """Draw what was found of each attack, by strength and post-processing."""
    st.caption(plain(f"{label}: share found at 5% false alarms, of attacks that work."))
    attacks = found.attacks

    def drawn() -> go.Figure:
        matrix = scope_matrix(attacks)
        return screen.detection_scope(matrix.shares, matrix.counts, matrix.columns)

    alt = "Share of attacks found, by attack, strength and post-processing"
    show_kept_chart(repr(attacks), drawn, alt, key=f"scope-{label}")


def _behind(
    scope: str,
    answers: Sequence[AttackAnswer],
    measured: Mapping[str, AnswerEvaluation],
    signatures: ClassifierMetrics | None,
) -> None:
    """Draw what the answers mean, and all that was measured of both parts."""
    for words in dict.fromkeys(map(meaning, answers)):
        st.markdown(plain(words))
    st.markdown(f"**Attack signs.** {plain(scope)}")
    for label, found in measured.items():
        st.caption(plain(f"{label}: faces that nobody attacked, then attacks."))
        show_markdown_table(alarm_rows(found.clean))
        show_markdown_table(found_rows(found.attacks))
    st.markdown(f"**Attack detector (Pinhasov et al. 2024), on crop and map.** {plain(attack_detector().scope)}")
    st.caption("It calls noise of an attack's size an attack, too: so it stands beside the answer and decides nothing.")
    for label, here in _paper_rows():
        st.markdown(f"**{plain(label)}**", help=METRICS_HELP)
        show_markdown_table(here)
    if signatures:
        show_signature_errors(signatures)


def _paper_rows() -> list[tuple[str, list[dict[str, str]]]]:
    found = read_measurements(attack_detector().name)
    rows = (
        (one.label, detection_rows(one.result.attacks))
        for one in found
        if isinstance(one.result, MeasuredAttackDetector)
    )
    return [(label, here) for label, here in rows if here]
