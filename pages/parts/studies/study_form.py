"""Choose a study and its data, and run it as a job."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.engine.jobs import Job
from core.registry import Value
from core.studies import STUDIES
from core.studies.base import check_files
from core.studies.study_run import run_study
from core.types import InputError
from pages.parts.session.page_state import restore_widget, store_settings
from pages.parts.session.session import Session
from pages.parts.studies.studies_settings import StudiesSettings
from pages.parts.widgets.param_inputs import param_input
from pages.parts.widgets.tables import plain

MINUTES_HELP = "After so many minutes no further example is begun; 0 measures all. A later run goes on from there."


def draw_form(session: Session, settings: StudiesSettings) -> None:
    """Draw the form; a click measures the chosen table or figure."""
    names = list(STUDIES)
    name = names[0]
    if len(names) > 1:
        name = str(
            st.selectbox("Study", names, names.index(settings.study), format_func=lambda one: STUDIES[one].title)
        )
    facts = STUDIES[name].facts
    titles = {part.name: f"{part.name.capitalize()}: {part.title}" for part in facts.parts}
    # By key: a widget whose default changes is a new one to Streamlit, and forgets what was typed.
    restore_widget(f"study-part-{name}", settings.part if settings.part in titles else next(iter(titles)))
    restore_widget("study-folder", settings.folder)
    restore_widget("study-minutes", settings.minutes)
    with st.form("study"):
        part = st.selectbox("Table or figure", list(titles), format_func=titles.__getitem__, key=f"study-part-{name}")
        left, right = st.columns([3, 1])
        folder = left.text_input("Folder of the data", help=_needed(name), key="study-folder")
        minutes = right.number_input(
            "Minutes, 0 for all", 0.0, 1440.0, step=1.0, help=MINUTES_HELP, key="study-minutes"
        )
        given = _options(name, settings)
        run = st.form_submit_button("Measure", type="primary", icon=":material/science:", disabled=session.busy)
    if run:
        store_settings(settings, study=name, part=part, folder=folder.strip(), minutes=float(minutes), given=given)
        if not settings.folder:
            raise InputError(f"Give the folder of the data first: it holds {_needed(name, escaped=False)}")
        check_files(name, Path(settings.folder).expanduser())
        _start(session, settings)
        st.rerun()


def _options(name: str, settings: StudiesSettings) -> dict[str, Value]:
    """Draw the study's own settings; return them."""
    params = STUDIES[name].params
    if not params:
        return {}
    before = settings.given if settings.study == name else {}
    with st.expander("Options", icon=":material/tune:"):
        return {one.name: param_input(one, before.get(one.name), key=f"study-{name}-{one.name}") for one in params}


def _needed(name: str, *, escaped: bool = True) -> str:
    said = "; ".join(f"{one.name} ({one.form}), from {one.get}" for one in STUDIES[name].facts.needs)
    return plain(said) if escaped else said


def _start(session: Session, settings: StudiesSettings) -> None:
    name, part, minutes, given = settings.study, settings.part, settings.minutes, dict(settings.given)
    data = Path(settings.folder).expanduser()

    def work(job: Job) -> None:
        settings.stopped = True
        settings.shown = run_study(name, part, data=data, minutes=minutes or None, progress=job, settings=given)
        settings.stopped = False

    session.start("study", "Preparing the study", work)
