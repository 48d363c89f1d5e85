"""Say in a line whether the face in focus is wholly synthetic."""

from __future__ import annotations

import streamlit as st

from core.output.synthetic_sentences import ASKED, SYNTHETIC_KINDS, synthetic_sentence
from core.reports.measured_reach import synthetic_reach
from core.storage.measured_files import read_measurements
from core.synthetic_faces import NAME
from core.types.synthetic_answer import UNKNOWN
from pages.parts.session.session import Session
from pages.parts.session.synthetic_answers import ask_synthetic, synthetic_answer
from pages.parts.widgets.badges import LOOKS
from pages.parts.widgets.tables import plain

ASK_HELP = "Another question than a face swap: did a generator make the whole face?"


def show_synthetic(session: Session) -> None:
    """Draw the answer on the face in focus, or the button that asks."""
    judged = session.focused
    if judged is None or judged.verdict is None:
        return
    answer = synthetic_answer(session, judged.face.crop)
    if answer is None:
        if st.button(ASKED, key="ask-synthetic", icon=":material/auto_awesome:", disabled=session.busy, help=ASK_HELP):
            ask_synthetic(session, judged.face.crop)
            st.rerun()
        return
    colour, icon = LOOKS[SYNTHETIC_KINDS.get(answer.label, "real")]
    said = plain(synthetic_sentence(answer, judged.verdict.band))
    why = f"The face is {answer.reason}. " if answer.label == UNKNOWN else ""
    measured = synthetic_reach(read_measurements(NAME))
    st.markdown(f":{colour}[:material/{icon}:] {said}", help=plain(f"{why}{answer.scope} {measured}"))
