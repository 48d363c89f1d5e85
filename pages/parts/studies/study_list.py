"""List the studies: what each asks, its source, and what was measured here."""

from __future__ import annotations

import streamlit as st

from core.studies import STUDIES
from core.studies.study_run import kept_table
from pages.parts.studies.studies_settings import StudiesSettings
from pages.parts.widgets.tables import plain


def draw_list(settings: StudiesSettings) -> None:
    """Draw a card a study; what was measured opens by a click."""
    for name, entry in STUDIES.items():
        with st.container(border=True):
            st.markdown(f"**{plain(entry.title)}**")
            st.caption(f"{plain(entry.facts.about)} Source: {plain(entry.source)}.")
            with st.container(horizontal=True):
                for part in entry.facts.parts:
                    kept = kept_table(name, part.name)
                    label = f"{part.name}: {f'measured, n = {kept.n:,}' if kept else 'not measured'}".capitalize()
                    if st.button(label, key=f"open-{name}-{part.name}", disabled=kept is None):
                        settings.study, settings.part, settings.shown = name, part.name, kept
                        st.rerun()
