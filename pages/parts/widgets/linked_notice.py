"""Say what of an address is restored, and offer to compute the rest."""

from __future__ import annotations

import streamlit as st

from pages.parts.session.file_link import FollowedLink
from pages.parts.session.linked_results import LinkedState, compute_linked, forget_linked, linked_state
from pages.parts.session.session import Session
from pages.parts.widgets.tables import plain


def show_linked(session: Session) -> None:
    """Say which results of the followed address are kept; offer the others."""
    _problems(session.page_state(FollowedLink))
    if session.busy or session.detector_problem:
        return
    found = linked_state(session)
    if found is None:
        return
    if not found.missing:
        forget_linked(session)
        how = "Computed now" if found.computed else "Kept here, nothing was computed anew"
        words = f"As the address asks: {found.words}. {how}."
        st.info(plain(words), icon=":material/link:")
        return
    words = f"The address asks for {found.words}. {_missing(found)} kept here."
    with st.container(horizontal=True, vertical_alignment="center", key="linked"):
        st.info(plain(words), icon=":material/link:", width="stretch")
        if st.button("Compute as in the address", icon=":material/play_arrow:", key="linked-compute"):
            compute_linked(session)
            st.rerun()
        if st.button("Not now", key="linked-forget"):
            forget_linked(session)
            st.rerun()


def _missing(found: LinkedState) -> str:
    if found.results == 1:
        return "This result is not"
    if found.missing == found.results:
        return f"None of these {found.results} results is"
    return f"Of these {found.results} results {found.missing} are not"


def _problems(state: FollowedLink) -> None:
    """Say once what of an address could not be followed."""
    if state.problems:
        said = "; ".join(state.problems)
        st.warning(
            plain(f"Not all of this address could be followed, defaults stand in: {said}."), icon=":material/link:"
        )
        state.problems = ()
