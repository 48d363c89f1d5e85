"""List earlier queues, to open or delete them."""

from __future__ import annotations

import streamlit as st

from pages.parts.session.page_state import forget_widgets
from pages.parts.session.queue_work import QueueState, delete_queue, earlier_queues, open_queue
from pages.parts.session.session import Session


def show_earlier(session: Session, state: QueueState) -> None:
    """Draw the list, newest first; nothing where there are none."""
    found = earlier_queues(state)
    if not found:
        return
    with st.expander(f"Earlier queues: {len(found)}", icon=":material/history:"):
        st.caption(
            "They lie on this machine, with copies of the files that were dropped, until they are deleted. "
            "Whoever reaches this dashboard can open and delete them."
        )
        for one in found:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(one.words, width="stretch")
                if st.button("Open", key=f"open-queue-{one.token}", disabled=not one.whole):
                    open_queue(session, one.token)
                    forget_widgets("queue-")  # they are those of the queue that was open
                    st.rerun()
                if st.button(
                    "Delete",
                    icon=":material/delete:",
                    key=f"delete-queue-{one.token}",
                    help="Deletes its table and the copies of dropped files; files in named folders stay.",
                ):
                    delete_queue(one.token)
                    st.rerun()
