"""Show how well kinds of signatures tell faces apart."""

from __future__ import annotations

import streamlit as st

from core.detectors.checkpoints import status
from core.reports.signature_tables import WEAK, foreign_share
from core.types.measured_results import MeasuredSignatures
from core.types.measurement import Measurement
from pages.parts.session.session import Session
from pages.parts.widgets.folded_part import fold
from pages.parts.widgets.measurements import show_signatures
from pages.parts.widgets.tables import plain

QUESTION = "How well do signatures tell faces apart?"
KEY = "signatures-measured"


def show_kinds(session: Session) -> None:
    """Draw the table of kinds once it is asked for."""
    fold(session, QUESTION, lambda: _table(session), icon=":material/help:", key=KEY)


def outside_reach(session: Session, kind: str) -> str:
    """Say how seldom foreign pictures are called outside by a kind of signature.

    "" where they are not seldom, or that was not measured with the weights in use.
    """
    for one, result in _measured(session):
        share = foreign_share(result, kind) if one.weights == session.detector.card.sha256 else None
        if share is not None and share < WEAK:
            return (
                f"“Not outside” says little: of foreign pictures measured, {share:.0%} were called outside (see below)."
            )
    return ""


def _measured(session: Session) -> list[tuple[Measurement, MeasuredSignatures]]:
    measured = status.measurements_of(session.detector_name)
    return [(one, one.result) for one in measured if isinstance(one.result, MeasuredSignatures)]


def _table(session: Session) -> None:
    name, found = session.detector_name, _measured(session)
    if not found:
        command = f"python -m core evaluate signatures --data DIR --detector {name} --record LABEL"
        st.markdown(f"That was not measured for {plain(name)}. To measure and keep it:")
        st.code(command, language="bash")
    for number, (one, result) in enumerate(found):
        other = "" if one.weights == session.detector.card.sha256 else " With other weights than those in use."
        st.markdown(f"**{plain(one.label)}**{other}")
        show_signatures(one, result, key=f"{KEY}-{number}")
        if one.command:
            st.caption(f"`{one.command}`; {one.date or 'date not known'}.")
