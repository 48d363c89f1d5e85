"""Ask which maps and signatures a queue computes beside verdicts."""

from __future__ import annotations

import streamlit as st

from core.explain import EXPLAINERS, quick
from pages.parts.session.page_state import restore_widget
from pages.parts.session.queue_extras import QueueExtras
from pages.parts.session.queue_work import QueueState, set_extras
from pages.parts.session.session import Session

SIGNATURE = "signature"
KEY = "queue-extras"


def ask_extras(session: Session, state: QueueState) -> None:
    """Draw the choice.

    It counts at once while the queue is empty, else after a click, as files are judged again.
    """
    kept = state.extras
    restore_widget(KEY, [*kept.maps, *[SIGNATURE] * kept.signature])
    with st.expander(f"Maps and signature: {kept.words or 'none'}", icon=":material/gradient:"):
        chosen = st.multiselect(
            "Also compute, of each file's face",
            [*EXPLAINERS, SIGNATURE],
            format_func=lambda name: "Signature" if name == SIGNATURE else EXPLAINERS[name].title,
            placeholder="Nothing beside verdict, attack answer and provenance",
            disabled=state.running,
            help="The face is that which stands for the file. Explain and Signatures show them once it is opened.",
            key=KEY,
        )
        extras = QueueExtras(tuple(name for name in chosen if name != SIGNATURE), SIGNATURE in chosen)
        slow = [EXPLAINERS[name].title for name in extras.maps if name not in quick()]
        if slow:
            st.caption(f"Slow, many passes a file: {', '.join(slow)}.")
        if extras == kept or state.running:
            return
        if not state.places or st.button("Judge the files again with these", icon=":material/replay:"):
            set_extras(session, extras)
            st.rerun()
