"""List what pages showed and a case keeps."""

from __future__ import annotations

import streamlit as st

from core.cases.case_values import CaseState
from pages.parts.widgets.tables import plain


def show_records(state: CaseState, exhibit: str) -> None:
    """List the records of an exhibit (its SHA-256), or of none."""
    found = [one for one in state.records if one.exhibit == exhibit]
    if not found:
        return
    label = f"{len(found)} result{'s' * (len(found) != 1)} added from the pages"
    with st.expander(label, icon=":material/library_add_check:"):
        for one in found:
            st.markdown(f"**{plain(one.kind.replace('-', ' ').capitalize())}** {plain(one.words)}")
            st.caption(
                plain(f"{one.actor}, {one.utc[:16].replace('T', ' ')} UTC, log entry {one.sequence}: {one.place}")
            )
