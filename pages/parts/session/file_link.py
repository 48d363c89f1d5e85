"""Let an address name an open file that a case holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from core import pipeline
from core.cases.case_folder import cases_in, open_case
from core.storage.paths import cases_folder
from core.types import InputError
from pages.parts.session.judging import open_media
from pages.parts.session.opened_provenance import kept_sightings
from pages.parts.session.session import Session

FILE, FACE = "file", "face"


@dataclass(slots=True, eq=False)
class FollowedLink:
    """Hold what an address asked for. `followed`: the last SHA-256; `face`: the index to put in focus once judged."""

    followed: str = ""
    face: int | None = None


def follow_link(session: Session) -> None:
    """Open the file that the address names; name the open one in it.

    Only files that a case holds are named: no others could be opened again.
    """
    state, media = session.page_state(FollowedLink), session.media
    wanted = st.query_params.get(FILE, "")
    if wanted and wanted != state.followed and not session.busy and (media is None or media.id != wanted):
        state.followed, state.face = wanted, _index(st.query_params.get(FACE, ""))
        _open(session, wanted)
        return
    if media is None or session.busy:
        return
    if state.face is not None and media.id == state.followed and state.face < len(session.faces):
        session.focus = state.face
    state.face = None
    known = any(one.comparison.kind == "identical" for one in kept_sightings(session, media.id))
    state.followed = media.id if known else ""
    _name(FILE, state.followed)
    _name(FACE, str(session.focus) if known else "")


def _name(what: str, value: str) -> None:
    """Put a value into the address; "" takes it out."""
    if value and st.query_params.get(what) != value:
        st.query_params[what] = value
    elif not value and what in st.query_params:
        del st.query_params[what]


def _open(session: Session, sha256: str) -> None:
    path, name = _exhibit(sha256)
    open_media(session, lambda: pipeline.open_media(path, name, frames=session.frames), name, lambda: path)


def _exhibit(sha256: str) -> tuple[Path, str]:
    """Find an original and its name by its SHA-256 in the folder of cases."""
    for root in cases_in(cases_folder()):
        try:
            case = open_case(root)
            exhibit = case.state().exhibit(sha256)
        except InputError:
            continue
        if exhibit:
            return case.original(exhibit), exhibit.name
    raise InputError(f"the file of this address, SHA-256 {sha256[:12]}…, is in no case here; open it by hand")


def _index(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None
