"""Say which uploads were not opened, as too many came at once."""

from __future__ import annotations

import streamlit as st

from core.types import limits
from pages.parts.session.uploads import forget_gone, gone_uploads
from pages.parts.widgets.tables import plain

SHOWN = 5  # names


def say_what_went() -> None:
    """Name the uploads of this session that went unopened, until somebody has read it."""
    went, came = gone_uploads()
    if not went:
        return
    names = ", ".join(plain(name) for name in went[:SHOWN]) + (" …" if len(went) > SHOWN else "")
    st.warning(
        f"Not opened: {len(went)} of the files that you chose ({names}). {came / 2**20:,.1f} MiB came, and no more "
        f"than {limits.SESSION_UPLOAD_BYTES >> 20} MiB may wait in a session. Choose these again, a few at a time; the "
        "page Queue also takes a folder on this machine, of any size.",
        icon=":material/upload_file:",
    )
    st.button("I have read this", key="gone-read", on_click=forget_gone)
