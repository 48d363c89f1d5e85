"""List cases, open one, make one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from core.cases.case_folder import cases_in, new_case, open_case
from core.storage.paths import cases_folder
from core.types import InputError
from pages.parts.session.case_state import CurrentCase
from pages.parts.session.session import Session
from pages.parts.widgets.guarding import guard
from pages.parts.widgets.tables import plain

MAX_LISTED = 30


def draw_list(session: Session) -> None:
    """Draw the cases of a folder, and the form of a new one."""
    kept = session.page_state(CurrentCase)
    left, right = st.columns([3, 2], gap="large")
    with left:
        first = st.container()  # what is there comes before where it lies
        folder = Path(st.text_input("Folder of cases", str(cases_folder()), key="cases-folder")).expanduser()
        st.caption("Whoever reaches this dashboard can open every case; names of people are typed, not checked.")
        with first:
            _listed(kept, cases_in(folder))
        with st.form("open-case", border=False), guard():
            other = st.text_input("Or the folder of one case", key="case-path")
            if st.form_submit_button("Open", icon=":material/folder_open:"):
                if not other.strip():
                    raise InputError("name the folder of a case; nothing was named")
                kept.open(Path(other.strip()).expanduser())
                st.rerun()
    with right, guard():
        _new(kept, folder)


def _listed(kept: CurrentCase, found: Sequence[Path]) -> None:
    """Say how many cases wait for a conclusion, and draw a row each."""
    if not found:
        st.header("There are no cases in this folder yet.", anchor=False)
        return
    said = st.empty()
    waiting = [one for one in [_row(kept, path) for path in found[:MAX_LISTED]] if one is not None]
    said.header(_waiting_words(waiting, len(found)), anchor=False)


def _waiting_words(waiting: Sequence[bool], there: int) -> str:
    """Say how many of the cases that can be read wait for a conclusion."""
    open_ones, read = sum(waiting), len(waiting)
    cases = (
        f"the {MAX_LISTED} cases changed last, of {there}," if there > MAX_LISTED else f"{read} case{'s' * (read != 1)}"
    )
    if not read:
        return "No case here can be read."
    if not open_ones:
        return f"All of {cases} have a conclusion." if read > 1 else "The case here has a conclusion."
    return f"{open_ones} of {cases} {'has' if open_ones == 1 else 'have'} no conclusion yet."


def _row(kept: CurrentCase, path: Path) -> bool | None:
    """Draw a case; tell whether it waits for a conclusion, None where it cannot be read."""
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        try:
            state = open_case(path).state()
        except InputError as error:
            st.markdown(f":gray[{plain(error)}]")
            return None
        end = f"concluded: {state.conclusion.scale}" if state.conclusion else "no conclusion yet"
        with st.container(gap=None):
            st.markdown(f"**{plain(state.facts.title)}**")
            count = len(state.exhibits)
            st.caption(plain(f"{count} exhibit{'s' * (count != 1)}, {end}, last entry {state.entries[-1].utc[:10]}"))
        if st.button("Open", key=f"open-{path.name}"):
            kept.open(path)
            st.rerun()
    return state.conclusion is None


def _new(kept: CurrentCase, folder: Path) -> None:
    with st.form("new-case"):
        st.markdown("**New case**")
        title = st.text_input("Title", key="new-title")
        question = st.text_area("What is asked?", key="new-question", height=80)
        client = st.text_input("Who asks?", key="new-client")
        examiner = st.text_input("Who examines?", key="new-examiner")
        if st.form_submit_button("Make the case", icon=":material/create_new_folder:"):
            made = new_case(
                _free(folder, title),
                title,
                question=question,
                client=client,
                examiner=examiner,
                actor=examiner.strip() or None,
            )
            kept.actor = examiner.strip()
            kept.open(made.root)
            st.rerun()


def _free(folder: Path, title: str) -> Path:
    """Return a path for a new case, named after its title."""
    stem = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60] or "case"
    names = [stem, *(f"{stem}-{number}" for number in range(2, 1000))]
    return next(folder / name for name in names if not (folder / name).exists())
