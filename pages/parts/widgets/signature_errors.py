"""Show how often the classifier of signatures is wrong."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from core.attacks import ATTACKS
from core.output import screen
from core.output.signature_answer_words import classifier_sentence, confusion_rows
from core.types.classifier_metrics import ClassifierMetrics
from pages.parts.widgets.chart_widgets import show_kept_chart
from pages.parts.widgets.tables import plain, show_markdown_table


def attack_titles() -> dict[str, str]:
    """Return the titles of attacks by name."""
    return {name: entry.title for name, entry in ATTACKS.items()}


def show_signature_errors(measured: ClassifierMetrics) -> None:
    """Draw the confusion matrix and the ROC curve, both by people never seen."""
    st.markdown(f"**Signature.** {plain(classifier_sentence(measured))}")
    show_markdown_table(confusion_rows(measured, attack_titles()))

    def drawn() -> go.Figure:
        curves = {"Attacked or not": {measured.classifier: (measured.auc, measured.roc)}}
        return screen.study_roc(curves).update_layout(showlegend=False)

    alt = "Share of attacked signatures found, by share of clean ones called attacked"
    show_kept_chart(repr(measured), drawn, alt, key="signature-roc")
