"""Read frames of files once, and keep them for the screen."""

from __future__ import annotations

from collections.abc import Callable

from core.engine.results import ResultKey
from core.types import Array
from pages.parts.session.session import FRAMES, Session


def frame_in_focus(session: Session) -> Array | None:
    """Return the frame (H, W, 3) uint8 of the face in focus, or the first."""
    if session.media is None:
        return None
    media, index = session.media, session.focused.face.frame if session.focused else 0
    return read_frame(session, media.id, index, lambda: media.frame(index))


def read_frame(session: Session, of: str, index: int, read: Callable[[], Array]) -> Array:
    """Return a frame (H, W, 3) uint8 of a file, read at most once.

    Args:
        session: keeps the frame.
        of: SHA-256 of the file.
        index: the number of the frame, from 0 on.
        read: reads it.
    """
    key: ResultKey[Array] = ResultKey(FRAMES, of)
    return session.results.get_or_make(key.with_settings({"index": index}), read)
