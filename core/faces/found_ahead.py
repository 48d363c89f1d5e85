"""Find faces while the rest of a video is decoded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..media.frame_choice import FRAMES
from ..media.open import open_media
from ..progress import NO_PROGRESS, Progress, current_progress
from ..types import Array, Face, Media
from ..types.media import FrameSource
from .detection import find_faces
from .video_search import VideoSearch


@dataclass(frozen=True, slots=True, eq=False)
class _SearchedFrames:
    """Read a video's frames, and hold the faces of some."""

    frames: FrameSource
    found: dict[int, list[Face]] = field(repr=False)

    def read(self, indices: tuple[int, ...]) -> Iterator[tuple[int, Array]]:
        """Yield (index, frame) for those `indices` that can be decoded, ascending."""
        return self.frames.read(indices)


Turn = Callable[[], AbstractContextManager[object]]


class _SearchAhead:
    """Search the frames that come while a video is opened, each in a turn."""

    def __init__(self, frames: int, turn: Turn, told: Progress) -> None:
        self._search, self._frames, self._turn, self._told = VideoSearch(), frames, turn, told
        self.found: dict[int, list[Face]] = {}

    def take(self, index: int, frame: Array) -> None:
        """Find the faces of the next frame."""
        current_progress().check_stop()  # nobody waits for the reader while frames lie ready
        with self._turn():
            self.found[index] = self._search.find(frame, index=index)
        self._told.tell(len(self.found), self._frames)

    def forget(self) -> None:
        """Forget all faces: the frames are read again."""
        self.found.clear()


def open_searched(
    source: Path | bytes,
    name: str | None = None,
    *,
    frames: int = FRAMES,
    turn: Turn = nullcontext,
    told: Progress = NO_PROGRESS,
) -> Media:
    """Open a file for `pipeline.analyse`: a video's faces are found while it is decoded.

    The same medium and faces as after `open_media`, and none of these frames is kept. Of more than `FRAMES` the faces
    are not sought yet: a stop would lose those that were found.

    Args:
        source: a path, whose file must not change while the Media is in use, or the file's bytes.
        name: the file name to show; the path's own when omitted.
        frames: of a video, those that are judged next, evenly spaced.
        turn: makes what each search runs in, as the reservation of a detector that holds others' long work back.
        told: is told each frame that was searched.

    Raises:
        InputError: the file is refused.
    """
    if frames > FRAMES:
        return open_media(source, name, frames=frames)
    search = _SearchAhead(frames, turn, told)
    media = open_media(source, name, frames=frames, taker=search)
    return replace(media, source=_SearchedFrames(media.source, search.found)) if search.found else media


def faces_by_frame(media: Media, chosen: tuple[int, ...]) -> Iterator[list[Face]]:
    """Yield the faces of each of the ascending frames `chosen`.

    Those that were found when the medium was opened are handed over once, so that no memory stays behind.
    """
    found = media.source.found if isinstance(media.source, _SearchedFrames) else {}
    ready = list(found.values()) if tuple(found) == chosen else []
    found.clear()
    if ready:
        yield from ready
        return
    find = VideoSearch().find if media.kind == "video" else find_faces
    for index, frame in media.source.read(chosen):
        yield find(frame, index=index)
