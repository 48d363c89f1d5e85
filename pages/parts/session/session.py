"""Hold what one visitor has open."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import streamlit as st

from core import pipeline
from core.detectors import DEFAULT, Detector
from core.engine.jobs import Job
from core.engine.results import ResultStore
from core.media import readers
from core.storage.leftovers import sweep_at_start
from core.types import InputError, JudgedFace, Media
from pages.parts.session.uploads import bound_uploads

S = TypeVar("S")
FRAMES = "frame"  # kind of the results that are frames of the open file
GRACE = 20.0  # seconds in which a broken connection may come back before its work is ended


@dataclass(slots=True, eq=False)
class Session:
    """Hold one visitor's open file, judged faces, focus, results and work.

    media: the open file; faces: its faces with their verdicts; focus: the place of the chosen one among them; frames:
        how many frames of a video are judged; detector_name: the detector in use; judged_by: the version of the
        detector that `faces` were judged by; results: what was computed; job: the work that was started last; busy:
        whether it was going on when this run of the page began; opened: how many files were opened so far; message: a
        sentence for the next run of the page; original: the open file as it came, its bytes or its path;
        connection: to the visitor's browser.
    """

    media: Media | None = None
    faces: list[JudgedFace] = field(default_factory=list)
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
    _detectors: dict[str, Detector | InputError] = field(default_factory=dict)
    _pages: dict[type, Any] = field(default_factory=dict)

    def begin_run(self) -> None:
        """Begin a run of a page: note running work, forget cached detectors."""
        self.forget_detectors()
        self.busy = self.job is not None and not self.job.finished

    @property
    def focused(self) -> JudgedFace | None:
        """Return the face in focus with its verdict."""
        return self.faces[self.focus] if self.faces else None

    @property
    def detector(self) -> Detector:
        """Return the deepfake detector in use."""
        return self.detector_named(self.detector_name)

    def detector_named(self, name: str) -> Detector:
        """Return a detector with its calibration, loaded at most once a run."""
        if name not in self._detectors:
            try:
                self._detectors[name] = pipeline.load_detector(name)
            except InputError as error:
                self._detectors[name] = error
        found = self._detectors[name]
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
        self.media, self.faces, self.focus, self.original = None, [], 0, None

    def start(self, kind: str, text: str, work: Callable[[Job], None], *, total: int = 0) -> Job:
        """Begin work in the background, and ask running work to stop.

        Args:
            kind: names the work, for the pages that draw what came of it.
            text: what it does, in words for people; the steps done are counted behind it.
            work: is handed the job, in a thread of its own.
            total: the number of steps, 0 where it is not known.
        """
        if self.job:
            self.job.stop()
        self.job, self.busy = Job(kind, text, total=total), True
        self.job.start(work)
        return self.job

    def page_state(self, kind: type[S]) -> S:
        """Return what a page remembers, by its class; defaults at first."""
        if kind not in self._pages:
            self._pages[kind] = kind()
        found: S = self._pages[kind]
        return found


@dataclass(slots=True, eq=False)
class Connection:
    """Hold whose connection to a browser it is, as Streamlit says when one breaks."""

    session: Session | None = None

    def broken(self) -> None:
        """End the session's work, unless it has another connection by then."""
        if self.session and self.session.connection is self:
            self.session.end()


def _release(connection: Connection) -> None:
    timer = threading.Timer(GRACE, connection.broken)
    timer.daemon = True
    timer.start()


@st.cache_resource(scope="session", on_release=_release, show_spinner=False)
def _connection() -> Connection:
    """Make the connection that Streamlit keeps until the browser is gone."""
    return Connection()


@st.cache_resource(show_spinner=False)
def _sweep() -> None:
    """Sweep what earlier servers left behind, once a server."""
    sweep_at_start()


def current_session() -> Session:
    """Return this visitor's session; no other visitor can reach it."""
    _sweep()
    bound_uploads()
    if "session" not in st.session_state:
        st.session_state["session"] = Session()
        readers.warm()  # while the visitor looks for a file
    found: Session = st.session_state["session"]
    found.connection = _connection()
    found.connection.session = found
    found.begin_run()
    return found
