"""Open the file that an address names, and name the open one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import streamlit as st

from core import pipeline
from core.cases.case_folder import cases_in, open_case
from core.media_attack import samples
from core.storage.paths import cases_folder
from core.types import InputError
from pages.parts.session import addresses
from pages.parts.session.address_groups import GROUPS
from pages.parts.session.addresses import Address
from pages.parts.session.attack_work import planned
from pages.parts.session.judging import open_media, use_detector
from pages.parts.session.kept_attacks import attack_key, latest_attack_key
from pages.parts.session.queue_work import QueueState, open_row, queue_rows
from pages.parts.session.session import Session, other_sessions

ATTACKED = ("Attack", "Explain", "Was it attacked?", "Signatures")  # pages that show the last attack
TABBED = ("Attack", "Explain")  # pages that name maps and the open tab
READ = "address-read"  # in Streamlit's state: whether this visit's address was read


@dataclass(slots=True, eq=False)
class FollowedLink:
    """Hold what an address asked for.

    followed: the SHA-256 followed or named last; asked: until its file is open; beside: the SHA-256 of the file that
    was open when it was looked for, None before that; linked: the address whose file was opened; offered: whether its
    results are still to be shown or offered; computed: whether they were computed because of it; page: the parts of
    it that pages have not taken yet; named: the query as it was written last; problems: to be said once.
    """

    followed: str = ""
    asked: Address | None = None
    beside: str | None = None
    linked: Address | None = None
    offered: bool = False
    computed: bool = False
    page: set[str] = field(default_factory=set)
    named: dict[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def follow_link(session: Session, title: str) -> None:
    """Open the file that the address names; name the open one in it.

    Args:
        session: opens it.
        title: of the page, which decides what of the file it shows.
    """
    state, query = session.page_state(FollowedLink), st.query_params.to_dict()
    first = READ not in st.session_state
    st.session_state[READ] = True
    other = query.get(addresses.FILE, "") not in ("", state.followed)
    if (other or (first and query != state.named)) and (found := addresses.read_address(query)):
        state.followed, state.problems = query[addresses.FILE], found.problems
        state.asked, state.beside = (found if found.file else None), None
    if session.busy:
        return
    if state.asked:
        _approach(session, state, state.asked)
    if not session.busy and not (state.asked and session.media is None):
        _name_open(session, state, title)


def take_part(session: Session, part: str) -> Address | None:
    """Return the followed address, if this part was not taken yet."""
    state = session.page_state(FollowedLink)
    media, linked = session.media, state.linked
    if linked is None or media is None or media.id != linked.file or session.busy or part not in state.page:
        return None
    state.page.discard(part)
    return linked


def name_in_address(session: Session, values: Mapping[str, str], owned: Callable[[str], bool]) -> None:
    """Put values into the address in place of those with owned keys."""
    state, query = session.page_state(FollowedLink), st.query_params.to_dict()
    state.named = {key: value for key, value in query.items() if not owned(key)} | dict(values)
    if state.named != query:
        st.query_params.from_dict(state.named)


def _name_open(session: Session, state: FollowedLink, title: str) -> None:
    """Name the open file, its face and detector, and the attack on it."""
    media, values = session.media, {}
    state.followed = media.id if media else ""
    same = media is not None and st.query_params.get(addresses.FILE) == media.id
    if media:
        values = {addresses.FILE: media.id, addresses.FACE: str(session.focus)}
        if session.judged_by:
            values[addresses.BY] = session.judged_by
        if media.kind == "video":
            values[addresses.FRAMES] = str(session.frames_searched)
        if title in ATTACKED and session.detector_problem is None and (key := latest_attack_key(session)):
            values |= addresses.attack_values(planned(key))
    parts = same and title in TABBED  # these pages name their parts themselves
    name_in_address(session, values, lambda key: addresses.is_ours(key) and not (parts and addresses.is_of_maps(key)))


def _approach(session: Session, state: FollowedLink, asked: Address) -> None:
    """Open the file of an address; show its face once it is open."""
    if state.beside is None:
        _take_from_others(session, asked.file)
    media = session.media
    if media and media.id == asked.file:
        _arrive(session, state, asked)
    elif state.beside is None:
        state.beside, before = media.id if media else "", (session.detector_name, session.frames)
        _use_settings(session, state, asked)
        try:
            _open(session, asked.file)
        except InputError:
            session.detector_name, session.frames = before  # what is open, or opened next, was not asked for
            raise
    elif media and media.id != state.beside:
        state.asked = None  # another file was opened instead


def _use_settings(session: Session, state: FollowedLink, asked: Address) -> None:
    """Take the detector and the number of frames from an address."""
    session.frames = asked.frames or session.frames
    if asked.by and _detector_of(session, state, asked.by):
        session.detector_name = asked.by.split(":")[0]


def _detector_of(session: Session, state: FollowedLink, by: str) -> bool:
    """Tell whether a version's detector can be used here, or say why not."""
    try:
        session.detector_named(by.split(":")[0])
    except InputError as error:
        state.problems = (*state.problems, str(error))
        return False
    return True


def _arrive(session: Session, state: FollowedLink, asked: Address) -> None:
    """Put the face of an address in focus, and its kept attack."""
    state.asked, state.linked, state.offered, state.computed = None, asked, True, False
    state.page = {addresses.ATTACK, addresses.MAPS, addresses.TAB, *GROUPS}
    if asked.face is not None:
        if asked.face < len(session.faces):
            session.focus = asked.face
        else:
            count = len(session.faces)
            state.problems = (*state.problems, f"there is no face {asked.face + 1} among the {count} found")
    if asked.by and asked.by.split(":")[0] != session.detector_name and _detector_of(session, state, asked.by):
        use_detector(session, asked.by.split(":")[0])
    state.problems = (*state.problems, *_differences(session, asked))
    if session.focused and asked.attack and session.detector_problem is None:
        plan = asked.attack
        key = attack_key(
            session.focused.face.id, session.detector.version, plan.method, plan.settings, plan.seed, plan.stop_at
        )
        if session.results.get(key) is not None:
            session.results.mark_latest(key)


def _differences(session: Session, asked: Address) -> list[str]:
    """Say what of the verdict is not as in the address."""
    said, media = [], session.media
    if media and media.kind == "video" and asked.frames and asked.frames != session.frames_searched:
        said.append(f"{session.frames_searched} frames were judged, and not {asked.frames}")
    if asked.by and session.detector_problem is None and session.detector.version != asked.by:
        said.append(f"it was written with the detector {asked.by}, and {session.detector.version} judges here")
    return said


def _take_from_others(session: Session, sha256: str) -> None:
    """Take the file and its results from other tabs of this browser."""
    for other in other_sessions(session):
        media = other.media
        if media is None or media.id != sha256:
            continue
        session.results.take_over(other.results)
        is_open = session.media is not None and session.media.id == sha256
        if not is_open and other.judged_by and _judges_by(session, other.detector_name) == other.judged_by:
            session.make_room()
            session.set_aside = None
            session.media, session.faces, session.focus = media, other.faces, other.focus
            session.judged_by, session.original = other.judged_by, other.original
            session.detector_name, session.frames, session.searched = other.detector_name, other.frames, other.searched


def _judges_by(session: Session, name: str) -> str | None:
    """Return the version of a detector, None where it cannot be used."""
    try:
        return session.detector_named(name).version
    except InputError:
        return None


def _open(session: Session, sha256: str) -> None:
    """Open a file of the queue, of a case or of the samples."""
    row = next((one for one in queue_rows(session.page_state(QueueState)) if one.sha256 == sha256), None)
    if row and row.key and row.path:
        open_row(session, row)
        return
    path, name = _known_file(sha256)
    open_media(session, partial(pipeline.open_searched, path, name), name, lambda: path)


def _known_file(sha256: str) -> tuple[Path, str]:
    """Find a file of a case or a sample, with its name."""
    for root in cases_in(cases_folder()):
        try:
            case = open_case(root)
            exhibit = case.state().exhibit(sha256)
        except InputError:
            continue
        if exhibit:
            return case.original(exhibit), exhibit.name
    if path := samples.made_sample(sha256):
        return path, path.name
    raise InputError(
        f"the file of this address, SHA-256 {sha256[:12]}…, is in no case, in no queue of this visit and in no other "
        "tab of this browser; open it by hand, and the rest of the address is followed"
    )
