"""Lead to other pages."""

from __future__ import annotations

import streamlit as st


def offer_attack(key: str) -> None:
    """Show the way to the page Attack where an attacked face would stand.

    Args:
        key: of the button; a page may show several.
    """
    st.markdown("No attack was put on this face yet. With one, clean and attacked stand side by side here.")
    if st.button("Go to Attack", icon=":material/bolt:", key=key):
        st.switch_page("pages/attack.py")
