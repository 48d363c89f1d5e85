"""Judge many files in the background, and open one without judging it again."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core import pipeline
from core.engine.batch_run import run_batch
from core.engine.faces_pack import unpack_faces
from core.engine.file_judging import BatchSettings
from core.engine.job_table import JobTable
from core.engine.jobs import Job
from core.engine.judging_batch import judging_batch, judging_workers, workers_key
from core.engine.read_files import frames_read
from core.engine.spare_workers import SpareWorkers
from core.media.quota import Quota
from core.output.records import recorded_attack_answer
from core.storage.files import atomic_write, file_state, safe_name, write_json, written_or_said
from core.storage.paths import user_cache
from core.types import InputError
from core.types.file_rows import FileRow
from core.types.foreign_json import parse_json
from pages.parts.session.attack_answers import keep_answer
from pages.parts.session.kept_queues import TOKEN, KeptQueue, QueueView, kept_queues, read_view, write_view
from pages.parts.session.model_warming import is_served
from pages.parts.session.opened_provenance import keep_provenance
from pages.parts.session.queue_extras import QueueExtras, keep_explained, read_extras, write_extras
from pages.parts.session.session import Session
from pages.parts.session.uploads import take

EXECUTOR, WORKERS = "local", 1  # one beside the dashboard itself, which judges too


@dataclass(slots=True, eq=False)
class QueueState:
    """Hold one visitor's queue.

    folder: where its table and the dropped files lie, named by a random token; places: files and folders
        in it; job: works it off; current: the row that marks and notes are for,
        None for the top one; wanted: the row that a click asked to open; shown, order: filter and sorting; drops: how
        often files were dropped; refused: why the last drop was cut short; focus: label of the
        field that keys go to, "" for the page, and focused: how often that was set;
        extras: what is computed beside verdicts; thumbnails: JPEGs by key; read: the rows, with what the table's files
        looked like before they were read; judges: what they were judged with, likewise; view:
        how it is looked at, as its folder says; kept: queues that were found on this machine.
    """

    folder: Path | None = None
    places: list[Path] = field(default_factory=list)
    job: Job | None = None
    current: Path | None = None
    wanted: FileRow | None = None
    shown: str = "All"
    order: str = "Suspicion"
    drops: int = 0
    refused: str = ""
    focus: str = ""
    focused: int = 0
    extras: QueueExtras = field(default_factory=QueueExtras)
    thumbnails: dict[str, bytes | None] = field(default_factory=dict, repr=False)
    read: tuple[tuple[tuple[int, ...], ...], list[FileRow]] | None = field(default=None, repr=False)
    judges: tuple[tuple[tuple[int, ...], ...], list[tuple[str, str]]] | None = field(default=None, repr=False)
    view: QueueView = field(default_factory=QueueView)
    kept: dict[str, KeptQueue] = field(default_factory=dict, repr=False)

    def set_focus(self, label: str = "") -> None:
        """Let keys go to the field of this label; without one to the page."""
        self.focus, self.focused = label, self.focused + 1

    @property
    def token(self) -> str | None:
        """Return what a reload finds the queue by."""
        return self.folder.name if self.folder else None

    @property
    def running(self) -> bool:
        """Return whether files are being judged."""
        return self.job is not None and not self.job.finished


def queues_folder() -> Path:
    """Return the folder of all queues."""
    return user_cache() / "queues"


def restore_queue(state: QueueState, token: str | None) -> None:
    """Take up the queue of an address, as after a reload."""
    if state.folder is None and token and re.fullmatch(TOKEN, token):
        folder = queues_folder() / token
        with contextlib.suppress(OSError, ValueError):
            state.places = _places(folder)
            state.folder, state.job, state.extras = folder, _jobs().get(token), read_extras(folder)
            view = state.view = read_view(folder)
            state.shown, state.order = view.shown, view.order
            state.current = Path(view.current) if view.current else None


def keep_view(state: QueueState) -> None:
    """Keep the filter, the order and the current row for a reload."""
    view = QueueView(state.shown, state.order, os.fspath(state.current) if state.current else None)
    if state.folder and view != state.view:
        state.view = view  # not tried again and again on a full disk
        write_view(state.folder, view)


def earlier_queues(state: QueueState) -> list[KeptQueue]:
    """Return the queues on this machine but for the open one, newest first."""
    state.kept = kept_queues(queues_folder(), state.kept)
    return [one for one in state.kept.values() if one.token != state.token]


def open_queue(session: Session, token: str) -> None:
    """Take up an earlier queue.

    The one that was open stays where it is, and its work goes on.
    """
    state = session.page_state(QueueState)
    fresh = QueueState()
    restore_queue(fresh, token)
    if fresh.folder is None:
        raise InputError("this queue is no longer there")
    for name in ("folder", "places", "job", "current", "wanted", "shown", "order", "extras", "view", "read"):
        setattr(state, name, getattr(fresh, name))
    state.thumbnails = {}


def delete_queue(token: str) -> None:
    """Delete an earlier queue: its table and the copies of dropped files."""
    job = _jobs().get(token)
    if job and not job.finished:
        raise InputError("this queue is being judged; open it and stop it first")
    if re.fullmatch(TOKEN, token):
        _jobs().pop(token, None)
        shutil.rmtree(queues_folder() / token, ignore_errors=True)


def drop_uploads(session: Session, files: Sequence[UploadedFile]) -> None:
    """Put uploads into the queue; Streamlit forgets them.

    What could not be put there is said on *Queue*.
    """
    state = session.page_state(QueueState)
    state.refused = ""
    try:
        drop_files(session, [(file.name, take(file)) for file in files])
    except InputError as error:
        state.refused = str(error)


def drop_files(session: Session, files: Sequence[tuple[str, bytes]]) -> None:
    """Put dropped files into the queue, and go on judging.

    Raises:
        InputError: one could not be written; those before it are in the queue.
    """
    state = session.page_state(QueueState)
    state.drops += 1
    written: list[Path] = []
    problem: InputError | None = None
    quota = Quota.of(_dropped(state))
    for number, (name, data) in enumerate(files):
        try:
            written.append(_keep_dropped(state, quota, number, name, data))
        except InputError as error:
            problem = error
            break
    state.places += written
    try:
        if written:
            go_on(session)
    finally:
        if problem:
            raise problem


def _dropped(state: QueueState) -> Path:
    return _folder(state) / "dropped"


def _keep_dropped(state: QueueState, quota: Quota, number: int, name: str, data: bytes) -> Path:
    """Write a dropped file, the `number`th of its drop, into the queue's folder."""
    kept = "those before it are in the queue, and nothing of the queue is lost"
    quota.add(name, len(data))
    with written_or_said(kept, name):
        folder = _dropped(state) / f"{state.drops:03d}-{number:03d}-{secrets.token_hex(3)}"
        folder.mkdir(parents=True)
        path = folder / safe_name(Path(name).stem, Path(name).suffix)
        atomic_write(path, data)
    return path


def add_folder(session: Session, given: str) -> None:
    """Put the files of a folder of this machine into the queue."""
    folder = Path(given.strip()).expanduser()
    if not given.strip() or not folder.is_dir():
        raise InputError(f"a folder on the machine that runs this dashboard is needed; what came is {given!r}")
    state = session.page_state(QueueState)
    if folder.absolute() not in state.places:
        state.places.append(folder.absolute())
    go_on(session)


def go_on(session: Session) -> None:
    """Judge what is not judged yet, in a job of the queue's own."""
    state = session.page_state(QueueState)
    with written_or_said("what was judged is kept"):
        folder = _folder(state)
        write_json(folder / "places.json", [os.fspath(place) for place in state.places])
        write_extras(folder, state.extras)
    if state.running or not state.places:
        return  # the running job looks for new places when it is done
    name, frames = session.detector_name, session.frames

    def work(job: Job) -> None:
        judged: tuple[list[Path], BatchSettings] | None = None
        while judged != (now := (_places(folder), _settings(name, frames, read_extras(folder)))):
            if job.should_stop():
                break
            judged, (places, settings) = now, now
            batch = judging_batch(places, folder / "jobs.db", settings, workers=WORKERS)
            run_batch(replace(batch, executor=EXECUTOR, started=_spare().take(workers_key(settings))), job)

    jobs = _jobs()
    for token in [token for token, job in jobs.items() if job.finished]:
        jobs.pop(token, None)
    state.job = jobs[folder.name] = Job("queue", "Judging files")
    state.job.start(work)


def warm_up(session: Session) -> None:
    """Start a worker before files are dropped, and return at once.

    The first file would wait for it to load the model. Without weights none is started: who drops files is told.
    """
    settings = _settings(session.detector_name, session.frames, session.page_state(QueueState).extras)
    if EXECUTOR == "local" and is_served() and all(job.finished for job in _jobs().values()):
        with contextlib.suppress(InputError):
            _spare().prepare(workers_key(settings), lambda: judging_workers(settings, WORKERS))


def set_extras(session: Session, extras: QueueExtras) -> None:
    """Change what the queue computes.

    Files that were judged without it are judged again.
    """
    session.page_state(QueueState).extras = extras
    if session.page_state(QueueState).places:
        go_on(session)


def queue_rows(state: QueueState) -> list[FileRow]:
    """Return the rows of the queue, in the order in which they were listed."""
    if state.folder is None or not (state.folder / "jobs.db").is_file():
        return []
    stamp = _stamp(state.folder)
    if state.read is None or state.read[0] != stamp:
        with JobTable(state.folder / "jobs.db") as table:
            state.read = stamp, table.rows()
    return list(state.read[1])


def queue_judges(state: QueueState) -> list[tuple[str, str]]:
    """Return settings and detector's version of the judged files, each pair once."""
    if state.folder is None or not (state.folder / "jobs.db").is_file():
        return []
    stamp = _stamp(state.folder)
    if state.judges is None or state.judges[0] != stamp:
        with JobTable(state.folder / "jobs.db") as table:
            state.judges = stamp, table.judged_by()
    return state.judges[1]


def _stamp(folder: Path) -> tuple[tuple[int, ...], ...]:
    return file_state(folder / "jobs.db"), file_state(folder / "jobs.db-wal")


def thumbnail_of(state: QueueState, key: str) -> bytes | None:
    """Return the small JPEG of a judged file."""
    if key not in state.thumbnails and state.folder:
        with JobTable(state.folder / "jobs.db") as table:
            state.thumbnails[key] = table.artefact(key, "thumbnail")
    return state.thumbnails.get(key)


def mark_row(state: QueueState, row: FileRow, *, mark: str | None = None, note: str | None = None) -> None:
    """Keep a person's mark or note.

    Args:
        state: of the queue.
        row: of the file.
        mark: one of the marks, "" for none; None leaves it as it is.
        note: any text; None leaves it as it is.
    """
    if state.folder and row.path:
        with JobTable(state.folder / "jobs.db") as table:
            table.mark(row.path, mark=mark, note=note)


def open_row(session: Session, row: FileRow) -> None:
    """Open a judged file on the other pages.

    Its kept faces and verdicts are used.
    """
    state = session.page_state(QueueState)
    if state.folder is None or row.key is None or row.path is None:
        raise InputError(f"{row.name} was not judged: {row.reason}")
    path = row.path
    with JobTable(state.folder / "jobs.db") as table:
        packed, text = table.artefact(row.key, "faces"), table.record(row.key)
        explained = table.artefact(row.key, "explained")
    if packed is None or text is None:
        raise InputError(f"{row.name} was not judged yet")
    faces, record = unpack_faces(packed), parse_json(text)
    session.make_room()

    def work(job: Job) -> None:
        media = pipeline.open_media(path)
        if media.id != row.sha256:
            raise InputError(f"{row.name} was changed after it was judged; put it into the queue again")
        keep_provenance(session, path, media)
        if session.job is not job:
            return
        wanted = (record.get("face") or {}).get("id")
        session.media, session.faces, session.judged_by = media, faces, record.get("judged_by")
        if explained:
            keep_explained(session, explained, str(session.judged_by))
        session.original = path  # so that it can be added to a case
        session.searched = frames_read(str(record.get("read", "")))
        session.focus = next((i for i, item in enumerate(faces) if item.face.id == wanted), 0)
        if session.focused and session.focused.verdict and "attack_answer" in record:
            answer = recorded_attack_answer(record["attack_answer"], session.focused.verdict.detector)
            keep_answer(session, session.focused, answer)

    session.start("open", f"Opening {row.name}", work)


def empty_queue(session: Session) -> None:
    """Stop the queue, and delete its table and the dropped files; named folders stay."""
    state = session.page_state(QueueState)
    if state.job:
        state.job.stop()
        if state.job.thread:
            state.job.thread.join(10)
    _jobs().pop(state.token or "", None)
    if state.folder:
        shutil.rmtree(state.folder, ignore_errors=True)
    state.folder, state.places, state.job, state.current, state.view = None, [], None, None, QueueView()


@st.cache_resource(show_spinner=False)
def _jobs() -> dict[str, Job]:
    """Return the jobs of all queues by token."""
    return {}


@st.cache_resource(show_spinner=False)
def _spare() -> SpareWorkers:
    """Return the workers that stand ready for whichever queue is next."""
    return SpareWorkers()


def _settings(detector: str, frames: int, extras: QueueExtras) -> BatchSettings:
    return BatchSettings(detector, frames, maps=extras.maps, signature=extras.signature)


def _places(folder: Path) -> list[Path]:
    return [Path(place) for place in parse_json((folder / "places.json").read_text("utf-8"))]


def _folder(state: QueueState) -> Path:
    if state.folder is None:
        state.folder = queues_folder() / secrets.token_hex(16)
    state.folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # somebody may have deleted it on another screen
    return state.folder
