"""Read frames of files once, in the background, and keep them for the screen."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import streamlit as st

from core.engine.jobs import Job
from core.engine.results import ResultKey
from core.types import Array, InputError
from pages.parts.session.looked_at import is_looked_at
from pages.parts.session.session import FRAMES, Session

AT_ONCE = 0.3  # seconds within which most frames are there, before their reading is shown
KIND = "frame"  # of work that reads one
SECONDS = 0.05  # from one look at the reading to the next


@dataclass(slots=True, eq=False)
class StoppedFrames:
    """Hold the frames whose reading was stopped, until somebody asks for them again.

    reading: the frame that the session's work reads.
    """

    keys: set[ResultKey[Array]] = field(default_factory=set)
    reading: ResultKey[Array] | None = None


def frame_in_focus(session: Session, *, alone: bool = False) -> Array | None:
    """Return the frame (H, W, 3) uint8 of the face in focus, or the first.

    None, and `alone`: as in `read_frame`.
    """
    if session.media is None:
        return None
    media, index = session.media, session.focused.face.frame if session.focused else 0
    return read_frame(session, media.id, index, lambda: media.frame(index), alone=alone)


def read_frame(
    session: Session, of: str, index: int, read: Callable[[], Array], *, alone: bool = False
) -> Array | None:
    """Return a frame (H, W, 3) uint8 of a file, read at most once. None while it is not there.

    It is read in a job, which ends when it is stopped and when the page is drawn again or left; where nobody looks, it
    is not.

    Args:
        session: keeps the frame.
        of: SHA-256 of the file.
        index: the number of the frame, from 0 on.
        read: reads it.
        alone: whether a part of a page that is redrawn alone asks: a click in it interrupts nothing, so that what
            takes long becomes the session's work, which the whole page shows and stops, in place of another frame's.
    """
    key: ResultKey[Array] = ResultKey(FRAMES, of).with_settings({"index": index})
    if (known := session.results.get(key)) is not None:
        return known
    if not is_looked_at(session):
        return None
    state = session.page_state(StoppedFrames)
    stopped = state.keys
    if key in stopped:
        st.button("Read the frame", on_click=stopped.discard, args=(key,), key=f"read-{of[:12]}-{index}")
        return None
    earlier = session.job if session.busy and session.job and session.job.kind == KIND else None
    if earlier and state.reading == key:
        return None
    job = _begin(session, key, index, read)
    if alone and (earlier or not session.busy) and not job.finished:
        state.reading = key
        session.take_over(job)
        return None

    def stop() -> None:
        if not job.finished:
            stopped.add(key)
        job.stop()

    try:
        _wait(job, stop, key=f"stop-{of[:12]}-{index}")
    finally:
        job.stop()
    if job.problem:
        raise InputError(job.problem)
    return session.results.get(key)


def _begin(session: Session, key: ResultKey[Array], index: int, read: Callable[[], Array]) -> Job:
    """Begin to read a frame, and give it a moment."""
    job = Job(KIND, f"Reading frame {index}")

    def work(_: Job) -> None:
        try:
            session.results.put(key, read())
        finally:
            if session.job is job and session.results.get(key) is None:
                session.page_state(StoppedFrames).keys.add(key)

    job.start(work)
    assert job.thread
    job.thread.join(AT_ONCE)
    return job


def _wait(job: Job, stop: Callable[[], None], *, key: str) -> None:
    """Wait for a frame, with a way to stop. A click on anything ends this run of the page."""
    if job.finished:
        return
    place = st.empty()
    with place.container(border=True):
        line = st.progress(0.0, text=job.line)
        st.button("Stop", on_click=stop, icon=":material/stop_circle:", key=key)
    while not job.finished:
        line.progress(0.0, text=job.line)
        time.sleep(SECONDS)
    place.empty()
