"""Show how often a set of a user's own is right."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.engine.jobs import Job
from core.engine.results import ResultKey
from core.output.own_set_sentences import nearest_sentence, unknown_sentence
from core.signatures import ReferenceSet
from core.signatures.reference_classifier import reference_classifier
from core.types.classifier_metrics import ClassifierMetrics
from pages.parts.session.session import Session
from pages.parts.widgets.folded_part import fold
from pages.parts.widgets.signature_errors import show_signature_errors
from pages.parts.widgets.tables import plain

QUESTION, KEY = "How often is this set right?", "own-set-errors"
FOREIGN = "Whether it calls foreign pictures outside was not measured."


def show_errors(session: Session, references: ReferenceSet) -> None:
    """Draw the errors of a set once they are asked for."""
    fold(session, QUESTION, lambda: _errors(session, references), icon=":material/help:", key=KEY)


def _errors(session: Session, references: ReferenceSet) -> None:
    card = references.card
    for words in (nearest_sentence(card), unknown_sentence(card), FOREIGN):
        if words:
            st.markdown(plain(words))
    found: ResultKey[ClassifierMetrics] = ResultKey("set errors", str(card.sha256))
    measured = session.results.get(found)
    if measured is None:
        if st.button("Measure attacked or not", icon=":material/rule:", disabled=session.busy, key=f"{KEY}-measure"):
            _measure(session, references, found)
            st.rerun()
        return
    if unknown_sentence(card):  # it stands above, with numbers
        measured = replace(measured, people_known=None, people_unknown=None, mixed=None)
    show_signature_errors(measured)


def _measure(session: Session, references: ReferenceSet, key: ResultKey[ClassifierMetrics]) -> None:
    def work(_: Job) -> None:
        session.results.put(key, reference_classifier(references).measured)

    session.start("set errors", f"Measuring {references.card.name} by people never seen", work)
