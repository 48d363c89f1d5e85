"""Hold what one visitor has open."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import streamlit as st
import torch

from core import pipeline
from core.detectors import DEFAULT, Detector
from core.engine.jobs import Job
from core.engine.results import ResultStore
from core.media import readers
from core.media.decoder_threads import usable_processors
from core.storage.leftovers import sweep_at_start
from core.types import InputError, JudgedFace, Media
from pages.parts.session.model_warming import warm_models
from pages.parts.session.uploads import bound_uploads

S = TypeVar("S")
FRAMES = "frame"  # kind of the results that are frames of the open file
COOKIE = "prosopon"  # a tab's token, after those of tabs before it
GRACE = 20.0  # seconds in which a broken connection may come back before its work is ended


@dataclass(frozen=True, slots=True, eq=False)
class OpenFile:
    """Hold an open file: its faces with verdicts, which is in focus, who judged, what came.

    searched: in how many frames of a video its faces were looked for; 0 where the session's number stands.
    """

    media: Media
    faces: list[JudgedFace]
    focus: int
    judged_by: str | None
    original: bytes | Path | None
    searched: int = 0


@dataclass(slots=True, eq=False)
class Session:
    """Hold one visitor's open file, judged faces, focus, results and work.

    media: the open file; faces: its faces with their verdicts; focus: the place of the chosen one among them; frames:
        how many frames of a video are judged; detector_name: the detector in use; judged_by: the version of the
        detector that `faces` were judged by; results: what was computed; job: the work that was started last; busy:
        whether it was going on when this run of the page began; opened: how many files were opened so far; message: a
        sentence for the next run of the page; original: the open file as it came, its bytes or its path;
        connection: to the visitor's browser; set_aside: the file that was open before the one that is being opened;
        token: what a reload finds the session by; failure_shown: the last failed work, and the page that said so;
        failed_before: failed work that a frame's reading took the place of;
        ended: the work that opening a file has ended; searched: in how many frames the open file's faces were
        looked for, 0 for as many as `frames`.
    """

    media: Media | None = None
    faces: list[JudgedFace] = field(default_factory=list)
    searched: int = 0
    focus: int = 0
    frames: int = 16
    detector_name: str = DEFAULT
    judged_by: str | None = None
    results: ResultStore = field(default_factory=ResultStore)
    job: Job | None = None
    busy: bool = False
    opened: int = 0
    message: str | None = None
    original: bytes | Path | None = None
    connection: Connection | None = None
    set_aside: OpenFile | None = None
    token: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    failure_shown: tuple[Job, str] | None = None
    failed_before: Job | None = None
    ended: str | None = None
    _detectors: dict[str, Detector | InputError] = field(default_factory=dict)
    _pages: dict[type, Any] = field(default_factory=dict)

    def begin_run(self) -> None:
        """Begin a run of a page: note running work, forget cached detectors."""
        self.forget_detectors()
        self.busy = self.job is not None and not self.job.finished
        if not self.busy:
            self._take_back()
            if self.failed_before and self.job and not self.job.problem:
                self.job, self.failed_before = self.failed_before, None

    @property
    def focused(self) -> JudgedFace | None:
        """Return the face in focus with its verdict."""
        return self.faces[self.focus] if self.faces else None

    def put_in_focus(self, index: int | None) -> None:
        """Put a face in focus, by its place among those that are there."""
        if index is not None and 0 <= index < len(self.faces):
            self.focus = index

    @property
    def frames_searched(self) -> int:
        """Return in how many frames of a video its faces were looked for."""
        return self.searched or self.frames

    @property
    def detector(self) -> Detector:
        """Return the deepfake detector in use."""
        return self.detector_named(self.detector_name)

    def detector_named(self, name: str) -> Detector:
        """Return a detector with its calibration, loaded at most once a run."""
        found = self._detectors.get(name)
        if found is None:
            try:
                found = pipeline.load_detector(name)
            except InputError as error:
                found = error
            self._detectors[name] = found
        if isinstance(found, InputError):
            raise found.with_traceback(None)
        return found

    def forget_detectors(self) -> None:
        """Forget loaded detectors, as their weights or calibration may have changed."""
        self._detectors.clear()

    @property
    def detector_problem(self) -> str | None:
        """Say why the detector in use cannot be used; None where it can."""
        try:
            self.detector_named(self.detector_name)
        except InputError as error:
            return str(error)
        return None

    @property
    def outdated(self) -> bool:
        """Return whether the detector has changed since the faces were judged."""
        if not self.faces or self.judged_by is None:
            return False
        return self.detector_problem is not None or self.judged_by != self.detector.version

    def end(self) -> None:
        """End the work of a visitor who has gone: nobody waits for it."""
        if self.job:
            self.job.stop()

    def close(self) -> None:
        """Put the file away, and the frames that were shown of it."""
        self.results.forget(FRAMES)
        self.media, self.faces, self.focus, self.original, self.searched = None, [], 0, None, 0
        self.set_aside = None

    def make_room(self) -> None:
        """Set the open file aside while another is opened.

        Where that fails, it comes back.
        """
        self.results.forget(FRAMES)
        aside = self.set_aside
        if self.media:
            aside = OpenFile(self.media, self.faces, self.focus, self.judged_by, self.original, self.searched)
        self.close()
        self.set_aside = aside
        self.opened += 1

    def _take_back(self) -> None:
        """Open again what was set aside, unless another file is open."""
        if self.set_aside and self.media is None:
            one = self.set_aside
            self.media, self.faces, self.focus = one.media, one.faces, one.focus
            self.judged_by, self.original, self.searched = one.judged_by, one.original, one.searched
        self.set_aside = None

    def start(self, kind: str, text: str, work: Callable[[Job], None], *, total: int = 0) -> Job:
        """Begin work in the background, and ask running work to stop.

        Args:
            kind: names the work, for the pages that draw what came of it.
            text: what it does, in words for people; the steps done are counted behind it.
            work: is handed the job, in a thread of its own.
            total: the number of steps, 0 where it is not known.
        """
        if self.job:
            if kind == "open" and self.job.kind != "open" and not self.job.finished:
                self.ended = self.job.text
            self.job.stop()
        self.job, self.busy, self.failed_before = Job(kind, text, total=total), True, None
        self.job.start(work)
        return self.job

    def take_over(self, job: Job) -> None:
        """Make work that was begun elsewhere the session's own.

        Running work is stopped; what ended the work before is said again after it.
        """
        before, self.job, self.busy = self.job, job, True
        if before and not before.finished:
            before.stop()
        elif before and before.problem:
            self.failed_before = self.failed_before or before

    def page_state(self, kind: type[S]) -> S:
        """Return what a page remembers, by its class; defaults at first."""
        if kind not in self._pages:
            self._pages[kind] = kind()
        found: S = self._pages[kind]
        return found


@dataclass(slots=True, eq=False)
class Connection:
    """Hold whose connection to a browser it is, as Streamlit says when one breaks.

    session: whose; kept: the sessions that can be found again; gone: whether it has broken.
    """

    session: Session | None = None
    kept: dict[str, Session] = field(default_factory=dict, repr=False)
    gone: bool = False

    def broken(self) -> None:
        """End and forget the session, unless it has another connection by then."""
        if self.session and self.session.connection is self:
            self.session.end()
            self.kept.pop(self.session.token, None)


def _release(connection: Connection) -> None:
    connection.gone = True
    timer = threading.Timer(GRACE, connection.broken)
    timer.daemon = True
    timer.start()


@st.cache_resource(scope="session", on_release=_release, show_spinner=False)
def _connection() -> Connection:
    """Make the connection that Streamlit keeps until the browser is gone."""
    return Connection()


@st.cache_resource(show_spinner=False)
def _kept() -> dict[str, Session]:
    """Return the sessions by the token that their browser has in a cookie."""
    return {}


@st.cache_resource(show_spinner=False)
def _sweep() -> None:
    """Sweep what earlier servers left behind, once a server.

    One processor is left to pages and the browser: threads that wait for each other there are many times slower.
    """
    torch.set_num_threads(max(1, min(torch.get_num_threads(), usable_processors() - 1)))
    sweep_at_start()


def returning(tokens: str, kept: Mapping[str, Session]) -> Session | None:
    """Return the session of a browser that has just reloaded the page.

    Args:
        tokens: of the sessions that this browser had, the newest last, as its cookie says: anything may stand there.
        kept: the sessions by token; one whose connection still stands is another tab's.
    """
    for token in reversed(tokens.split(".")):
        found = kept.get(token)
        if found and found.connection and found.connection.gone:
            return found
    return None


def other_sessions(session: Session) -> list[Session]:
    """Return the sessions of this browser's other tabs, the newest first."""
    kept, tokens = _kept(), st.context.cookies.get(COOKIE, "").split(".")
    found = (kept.get(token) for token in reversed(tokens))
    return [one for one in found if one is not None and one is not session]


def current_session() -> Session:
    """Return this visitor's session; no other visitor can reach it.

    A page that is loaded again within `GRACE` finds it by a cookie.
    """
    _sweep()
    bound_uploads()
    kept = _kept()
    if "session" not in st.session_state:
        st.session_state["session"] = returning(st.context.cookies.get(COOKIE, ""), kept) or Session()
        readers.warm()  # while the visitor looks for a file
        warm_models()
    found: Session = st.session_state["session"]
    found.connection = _connection()
    found.connection.session, found.connection.kept = found, kept
    kept[found.token] = found
    found.begin_run()
    return found
