"""Take uploads out of Streamlit's hands, and bound what it holds meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from functools import partial

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

from core.types import limits

IMAGE_TYPES = ["jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff"]
MEDIA_TYPES = [*IMAGE_TYPES, "mp4", "m4v", "mov", "avi", "mkv", "webm"]

MAX_NAMES = 1000  # of uploads that went


def take(file: UploadedFile) -> bytes:
    """Return an upload's bytes, and let Streamlit forget it.

    Else it is kept as long as the session.
    """
    data = file.getvalue()
    let_go(file)
    return data


def let_go(file: UploadedFile) -> None:
    """Let Streamlit forget an upload that nobody needs any more."""
    letting_go(file)()


def letting_go(file: UploadedFile) -> Callable[[], None]:
    """Return what lets an upload go, from whatever thread."""
    context = get_script_run_ctx()
    if context and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        return partial(context.uploaded_file_mgr.remove_file, context.session_id, file.file_id)
    return lambda: None


@st.cache_resource(show_spinner=False)
def bound_uploads() -> BoundedUploads | None:
    """Bound the uploads of each session, once a server."""
    context = get_script_run_ctx()
    if context and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        return BoundedUploads(context.uploaded_file_mgr)
    return None


def gone_uploads() -> tuple[list[str], int]:
    """Return the names of this session's unopened uploads that went, and the bytes that came.

    Until `forget_gone`.
    """
    context, bounded = get_script_run_ctx(), bound_uploads()
    return bounded.gone(context.session_id) if context and bounded else ([], 0)


def forget_gone() -> None:
    """Forget the names of this session's uploads that went unopened."""
    context, bounded = get_script_run_ctx(), bound_uploads()
    if context and bounded:
        bounded.forget_gone(context.session_id)


class BoundedUploads:
    """Let a session's oldest uploads go where a new one exceeds its quota.

    Streamlit takes files from anybody who has a session, before a page sees them.
    """

    def __init__(self, manager: MemoryUploadedFileManager) -> None:
        self.manager, self._add = manager, manager.add_file
        self._ids: dict[str, list[str]] = {}
        self._gone: dict[str, list[str]] = {}  # names of those that went, by session
        self._came: dict[str, int] = {}  # bytes that waited when the first of these went, and that came since
        self._lock = threading.Lock()
        manager.add_file = self.add_file  # type: ignore[method-assign]

    def add_file(self, session_id: str, file: UploadedFileRec) -> None:
        """Add a file to a session's uploads."""
        with self._lock:
            self._add(session_id, file)
            self._ids.setdefault(session_id, []).append(file.file_id)
            self._ids = {one: kept for one, ids in self._ids.items() if (kept := self._kept(one, ids))}
            ids = self._ids.get(session_id, [])
            came = self._came[session_id] + len(file.data) if session_id in self._came else self._bytes(session_id, ids)
            if session_id in self._came or (came > limits.SESSION_UPLOAD_BYTES and len(ids) > 1):
                self._came[session_id] = came
            while len(ids) > 1 and self._bytes(session_id, ids) > limits.SESSION_UPLOAD_BYTES:
                gone = ids.pop(0)
                names = [one.name for one in self.manager.get_files(session_id, [gone])]
                self._gone[session_id] = [*self._gone.get(session_id, []), *names][-MAX_NAMES:]
                self.manager.remove_file(session_id, gone)

    def gone(self, session_id: str) -> tuple[list[str], int]:
        """Return the names of a session's uploads that went, and the bytes that came."""
        with self._lock:
            return list(self._gone.get(session_id, [])), self._came.get(session_id, 0)

    def forget_gone(self, session_id: str) -> None:
        """Forget the names of a session's uploads that went."""
        with self._lock:
            self._gone.pop(session_id, None)
            self._came.pop(session_id, None)

    def _kept(self, session_id: str, ids: Iterable[str]) -> list[str]:
        """Return those of the uploads that are still there, the oldest first."""
        return [file.file_id for file in self.manager.get_files(session_id, list(dict.fromkeys(ids)))]

    def _bytes(self, session_id: str, ids: list[str]) -> int:
        return sum(len(file.data) for file in self.manager.get_files(session_id, ids))
