"""List installed weights, say how to get others, and add checkpoints."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from core.detectors import DEFAULT, FORMATS
from core.detectors.checkpoints import status
from core.detectors.checkpoints.status import WeightsStatus
from core.engine.jobs import Job
from core.output.listed_rows import PUBLISHED, WEIGHTS_ARE, weights_row
from core.progress import ForwardedProgress
from core.storage.files import safe_name
from core.storage.leftovers import temporary_folder
from core.storage.paths import weights_folder
from core.types.model_card import DetectorCard
from pages.parts.session.judging import use_detector
from pages.parts.session.session import Session
from pages.parts.session.uploads import letting_go
from pages.parts.widgets.guarding import show_problem
from pages.parts.widgets.tables import csv_button, plain

ENDINGS = ["pth", "pt", "safetensors", "h5", "hdf5", "p", "bin"]
MB = 1_000_000


def draw(session: Session) -> None:
    """Draw one row per detector, the ready ones first; then the upload."""
    cards = {state: status.readable_card(state.name) for state in status.states()}
    ready = {state: card for state, card in cards.items() if state.where != "missing"}
    st.markdown(
        "Weights are looked for in this folder and the folders in it, under the names that their authors gave them.",
        help="The environment variable PROSOPON_WEIGHTS names another folder.",
    )
    st.code(str(weights_folder()), language=None, wrap_lines=True)
    st.header(f"Ready to judge ({len(ready)})", anchor=False)
    for state, card in ready.items():
        _row(session, state, card)
    _user_checkpoint_form(session, len(cards))
    if missing := {state: card for state, card in cards.items() if state.where == "missing"}:
        with st.expander(f"Weights missing ({len(missing)})", icon=":material/inventory_2:"):
            for state, card in missing.items():
                _row(session, state, card)
    csv_button("Table as CSV", [weights_row(*pair) for pair in cards.items()], "weights.csv", key="weights-csv")


def _row(session: Session, state: WeightsStatus, card: DetectorCard | None) -> None:
    with st.container(border=True):
        first, second, last = st.columns([4, 5, 2], vertical_alignment="center")
        with first.container(gap=None):
            st.markdown(f"**{plain(state.title)}**")
            st.caption(f"{plain(state.name)} · licence: {plain((card and card.licence) or 'not known')}")
        with second.container(gap=None):
            _where(state, card)
        with last:
            _deed(session, state, card)


def _where(state: WeightsStatus, card: DetectorCard | None) -> None:
    if state.path is None:
        st.caption(plain((card and card.get) or state.message), help=plain(state.message))
        return
    st.markdown(f"`{state.path.name}`: {WEIGHTS_ARE[state.where]}")
    published = "" if state.where == "own" else f" · {PUBLISHED[state.published]}"
    st.caption(f"SHA-256 {(state.sha256_of_file or '')[:12]}{published}", help=plain(state.message))


def _deed(session: Session, state: WeightsStatus, card: DetectorCard | None) -> None:
    if state.where == "own":
        with st.popover("Remove", disabled=session.busy, width="stretch"):
            st.markdown(f"The copy of **{plain(state.name)}** in the folder is deleted.")
            if st.button("Delete it", key=f"remove-{state.name}"):
                _remove(session, state.name)
    if state.path is None:
        url = card.url if card else None
        if url and st.button(
            "Download",
            key=f"get-{state.name}",
            disabled=session.busy,
            icon=":material/download:",
            help=f"From {url}",
            width="stretch",
        ):
            _download(session, state)
    elif state.name == session.detector_name:
        st.markdown(":material/check: In use")
    elif st.button("Use", key=f"use-{state.name}", disabled=session.busy, width="stretch"):
        use_detector(session, state.name)
        session.message = f"{state.title} judges from now on."
        st.rerun()


def _remove(session: Session, name: str) -> None:
    status.remove(name)
    session.message = f"{name} was removed."
    if session.detector_name == name:
        use_detector(session, DEFAULT)
    st.rerun()


class _Megabytes(ForwardedProgress):
    """Tell bytes as megabytes."""

    __slots__ = ()

    def tell(self, done: int, total: int | None = None, text: str = "") -> None:
        self.to.tell(done // MB, (total or 0) // MB, text)


def _download(session: Session, state: WeightsStatus) -> None:
    def work(job: Job) -> None:
        path = status.get(state.name, progress=_Megabytes(job))
        session.message = f"{state.title} is ready: {path.name} was downloaded and checked."

    session.start("download", f"Downloading {state.title}, megabytes", work)
    st.rerun()


def _user_checkpoint_form(session: Session, count: int) -> None:
    with st.expander("Add your own checkpoint", icon=":material/add:", expanded=True):
        with st.form(f"own-{count}"):
            file = st.file_uploader(
                "Checkpoint",
                ENDINGS,
                help="A Keras HDF5 file, a safetensors file or a PyTorch state dict; code in a file is never run.",
            )
            left, right = st.columns(2)
            layout = left.selectbox(
                "Layout",
                list(FORMATS),
                format_func=lambda name: FORMATS[name].title,
                help="The architecture, and what the file calls its parts. Another one that fits is named.",
            )
            name = right.text_input(
                "Name", placeholder="made from the file's name", help="Small letters, digits, hyphens and underscores."
            )
            if st.form_submit_button("Check and add", icon=":material/add:", disabled=session.busy):
                if file is None:
                    st.error("Choose a file first.", icon=":material/error:")
                    return
                start_check(session, file.getvalue(), file.name, layout, name.strip() or None, added=letting_go(file))
                st.rerun()
        job = session.job
        if job and job.kind == "own" and job.problem and not session.busy:
            show_problem(job.problem)


def start_check(
    session: Session, data: bytes, file_name: str, layout: str, name: str | None, *, added: Callable[[], None]
) -> None:
    """Check a checkpoint in the background, and add it if it fits.

    Args:
        session: told that it was added.
        data: of the file.
        file_name: as it came.
        layout: a name of `FORMATS`.
        name: for the detector; made from the file's where None.
        added: called once it was added; what was refused can be tried again with other settings.
    """

    def work(_: Job) -> None:
        state = _added(data, file_name, layout, name)
        added()
        session.message = f"{state.title} was added and can judge now. It is uncalibrated."

    session.start("own", f"Checking {file_name}", work)


def _added(data: bytes, file_name: str, layout: str, name: str | None) -> WeightsStatus:
    with temporary_folder() as folder:
        came_as = Path(file_name)
        path = folder / safe_name(came_as.stem, came_as.suffix[:16])
        path.write_bytes(data)
        return status.add(path, layout, name)
