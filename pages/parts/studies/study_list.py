"""List the studies: what each asks, its source, and what was measured here."""

from __future__ import annotations

import streamlit as st

from core.studies import STUDIES
from core.studies.study_run import kept_table, table_states
from core.types.study_tables import StudyTable
from pages.parts.studies.studies_settings import StudiesSettings
from pages.parts.widgets.tables import plain


def draw_list(settings: StudiesSettings) -> None:
    """Draw a card a study; what was measured opens by a click."""
    for name, entry in STUDIES.items():
        states = table_states(name)
        with st.container(border=True):
            st.markdown(f"**{plain(entry.title)}**")
            st.caption(f"{plain(entry.facts.about)} Source: {plain(entry.source)}.")
            with st.container(horizontal=True):
                for part in entry.facts.parts:
                    kept = _kept(settings, name, part.name, states.get(part.name, ()))
                    label = f"{part.name}{f': measured, n = {kept.n:,}' if kept else ''}".capitalize()
                    about = plain(part.title if kept else f"{part.title}. Not measured here yet.")
                    if st.button(label, key=f"open-{name}-{part.name}", disabled=kept is None, help=about):
                        settings.study, settings.part, settings.shown = name, part.name, kept
                        st.rerun()


def _kept(settings: StudiesSettings, name: str, part: str, state: tuple[int, ...]) -> StudyTable | None:
    """Return a table of an earlier run, read anew where its file changed.

    Args:
        settings: keeps it.
        name: of the study.
        part: of the study.
        state: of the file; empty where there is none.
    """
    if (name, part) not in settings.kept or settings.kept[name, part][0] != state:
        settings.kept[name, part] = state, kept_table(name, part) if state else None
    return settings.kept[name, part][1]
