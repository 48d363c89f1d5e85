"""Open files and judge their faces, in the background."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from core import pipeline
from core.detectors import DEFAULT, Detector
from core.detectors.video_rules import face_of_file, file_verdict
from core.engine.jobs import Job
from core.media_attack import samples
from core.types import Media
from pages.parts.session.attack_answers import ask_in_job
from pages.parts.session.opened_provenance import keep_provenance, kept_provenance
from pages.parts.session.session import Session
from pages.parts.session.synthetic_answers import ask_synthetic_in_job


def open_media(
    session: Session,
    load: Callable[..., Media],
    name: str,
    original: Callable[[], Path | bytes | None] = lambda: None,
) -> None:
    """Load a file, judge its faces, and run the attack detector on the first.

    Args:
        session: opens the file.
        load: opens it as a medium, as `pipeline.open_searched` does with its `frames`, `turn` and `told`.
        name: to show.
        original: returns the file as it came, once it is open; its provenance is read, unless it was before.
    """
    detector, frames = session.detector, session.frames
    session.make_room()

    def work(job: Job) -> None:
        kept, job.after_stop = job.after_stop, "nothing of this file is kept"
        told = job.named(f"Finding faces in {name}, frames")
        media = load(frames=frames, turn=detector.lock.reserved, told=told)
        job.after_stop = kept
        file = original()
        if file is not None and kept_provenance(session, media.id) is None:
            keep_provenance(session, file, media)
        job.tell(0, text=f"Finding and judging faces in {name}, frames")
        faces = pipeline.analyse(media, detector, frames=frames, progress=job)
        if session.job is job:  # nothing newer was opened meanwhile
            session.media, session.faces, session.judged_by = media, faces, detector.version
            session.original, session.searched = file, frames
            found = file_verdict(faces, detector.band_thresholds, still=media.kind == "image")
            worst = face_of_file(found)
            session.focus = next((i for i, face in enumerate(faces) if face is worst), 0)
            _ask_about_focus(session, detector, job)

    session.start("open", f"Opening {name}", work)


def open_upload(session: Session, data: bytes, name: str) -> None:
    """Open an uploaded file."""
    open_media(session, partial(pipeline.open_searched, data, name), name, lambda: data)


def open_sample(session: Session, name: str) -> None:
    """Open a sample; it is made when nobody opened it before."""
    default = session.detector_named(DEFAULT)  # the attacked one is made against it, whoever judges
    path = cache(lambda: samples.sample(name, default))
    open_media(session, lambda **how: pipeline.open_searched(path(), **how), name, path)


def judge_more_frames(session: Session, frames: int) -> None:
    """Judge the open file again, with another number of frames."""
    session.frames = frames
    if media := session.media:
        original = session.original
        open_media(session, lambda **_: media, media.name, lambda: original)


def use_detector(session: Session, name: str) -> None:
    """Judge by another detector, the open file too; refuse one without weights."""
    session.forget_detectors()
    session.detector_named(name)
    session.detector_name = name
    judge_again(session)


def judge_again(session: Session) -> None:
    """Judge the faces of the open file by the detector as it is now."""
    session.forget_detectors()
    if session.media is None:
        return
    detector = session.detector
    session.start("judge", _judging_by(detector), lambda job: judge_in_job(session, detector, job))


def judge_in_job(session: Session, detector: Detector, job: Job) -> None:
    """Judge the open file's faces inside of a job; a stop changes nothing."""
    faces = [judged.face for judged in session.faces]
    if session.media is None or not faces:
        return
    job.tell(0, len(faces), _judging_by(detector))
    rows = pipeline.judge_by_all(faces, [detector], progress=job)
    if len(rows) == len(faces) and [judged.face for judged in session.faces] == faces:
        session.faces, session.judged_by = [row[0] for row in rows], detector.version
        _ask_about_focus(session, detector, job)


def _judging_by(detector: Detector) -> str:
    return f"Judging by {detector.card.title}, faces"


def _ask_about_focus(session: Session, detector: Detector, job: Job) -> None:
    """Ask whether the face in focus is wholly synthetic, and whether it was attacked."""
    if session.focused and session.focused.verdict and not job.should_stop():
        ask_synthetic_in_job(session, session.focused.face.crop)
        ask_in_job(session, session.focused.face.crop, session.focused.verdict, detector)
