"""Lead to other pages."""

from __future__ import annotations

import streamlit as st


def offer_attack() -> None:
    """Show the way to the page Attack where an attacked face would stand."""
    st.markdown("No attack was put on this face yet. With one, clean and attacked stand side by side here.")
    if st.button("Go to Attack", icon=":material/bolt:"):
        st.switch_page("pages/attack.py")
