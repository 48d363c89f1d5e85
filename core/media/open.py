"""Open a person's file as a Media: recognised by content, limits checked first."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from ..sandbox.reading_place import reads_inside
from ..sandbox.shared_regions import HeldBytes
from ..storage.files import sha256_of
from ..types import Array, InputError, Media, limits
from .frame_choice import FRAMES, evenly_spaced
from .malware_scan import scan_malware
from .picture_decoding import decode_image
from .readers import read_image, read_video
from .ready_frames import FrameTaker
from .sniff import (
    DEMUXERS,
    HEAD,
    IMAGES,
    clean,
    recognise,
    refusal,
)
from .video import open_video

__all__ = ["evenly_spaced", "open_media"]


@dataclass(frozen=True, slots=True, eq=False)
class _Still:
    """Hold an image's only frame, decoded."""

    pixels: Array = field(repr=False)

    def read(self, indices: tuple[int, ...]) -> Iterator[tuple[int, Array]]:
        """Yield (0, pixels (H, W, 3) uint8 RGB, not writable) when 0 is requested."""
        if 0 in indices:
            yield 0, self.pixels


def open_media(
    source: Path | bytes, name: str | None = None, *, frames: int = FRAMES, taker: FrameTaker | None = None
) -> Media:
    """Open an image or a video, recognised by its content whatever its name says.

    An image is decoded at once: rotated as its EXIF data say, transparency on white, 16 bit to 8, the first of several
    images. A video is read through to count its frames; `source` is kept to read them from.

    Args:
        source: a path, whose file must not change while the Media is in use, or the file's bytes.
        name: the file name to show; the path's own when omitted.
        frames: of a video, those that are probably read next.
        taker: is handed these while a video is decoded, as far as nothing of it is damaged; else they are kept.

    Raises:
        InputError: the file is missing, empty, too large, of another format, cut off or damaged.
    """
    if isinstance(source, bytes):
        shown = base_name(name or "upload")
        _check_length(len(source), shown)
        head = source[:HEAD]
    else:
        shown = base_name(name or source.name or str(source))
        head = _head_of(source, shown)
    kind = recognise(head)
    if kind not in DEMUXERS and kind not in IMAGES:
        raise refusal(shown, f"is {kind}" if kind else "is no image or video that is known here")
    scan_malware(source, shown)
    return (_open_inside if reads_inside() else _open_sandboxed)(source, shown, kind, _Ahead(frames, taker))


@dataclass(frozen=True, slots=True, eq=False)
class _Ahead:
    """Say what is done with frames while a video is opened: see `open_media`."""

    frames: int
    taker: FrameTaker | None


def _open_inside(source: Path | bytes, name: str, kind: str, ahead: _Ahead) -> Media:
    """Decode in this process."""
    if kind in DEMUXERS:
        id = _hash(source, name)
        return open_video(source, id=id, name=name, container=kind, ahead=ahead.frames, taker=ahead.taker)
    data = source if isinstance(source, bytes) else _contents(source, name)
    return _still(hashlib.sha256(data).hexdigest(), name, *decode_image(data, name, kind))


def _open_sandboxed(source: Path | bytes, name: str, kind: str, ahead: _Ahead) -> Media:
    """Decode in a process that may die without harm."""
    if isinstance(source, bytes):
        held = HeldBytes(source)
        return _opened(held, held, hashlib.sha256(source).hexdigest(), name, kind, ahead)
    try:
        with source.open("rb") as file:
            return _opened(source, file, hashlib.file_digest(file, "sha256").hexdigest(), name, kind, ahead)
    except OSError as error:
        raise refusal(name, f"cannot be read ({clean(error.strerror)})") from error


def _opened(
    source: Path | HeldBytes, file: IO[bytes] | HeldBytes, id: str, name: str, kind: str, ahead: _Ahead
) -> Media:
    if kind in DEMUXERS:
        return read_video(source, file, id=id, name=name, kind=kind, ahead=ahead.frames, taker=ahead.taker)
    return _still(id, name, *read_image(file, name, kind))


def _still(id: str, name: str, pixels: Array, metadata: Mapping[str, str], notes: tuple[str, ...]) -> Media:
    height, width = pixels.shape[:2]
    return Media(id, name, "image", (width, height), 1, 0.0, _Still(pixels), metadata, notes)


def base_name(name: str) -> str:
    """Return the last part of a path, on one printable line."""
    return clean(re.split(r"[/\\]", name.rstrip("/\\"))[-1]) or "unnamed"


def _check_length(length: int, name: str) -> None:
    if length == 0:
        raise refusal(name, "is empty (0 bytes)")
    if length > limits.MAX_FILE_BYTES:
        raise refusal(name, f"is too large ({length / 2**20:.1f} MiB)")


def _head_of(path: Path, name: str) -> bytes:
    try:
        if path.is_dir():
            raise refusal(name, "is a folder, not a file")
        if not path.exists():
            raise refusal(name, "does not exist")
        if not path.is_file():  # reading a pipe or a device could wait for ever
            raise refusal(name, "is not a regular file")
        _check_length(path.stat().st_size, name)
        with path.open("rb") as file:
            return file.read(HEAD)
    except InputError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise refusal(name, f"cannot be read ({clean(error)})") from error


def _contents(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise refusal(name, f"cannot be read ({clean(error.strerror)})") from error


def _hash(source: Path | bytes, name: str) -> str:
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    try:
        return sha256_of(source)
    except OSError as error:
        raise refusal(name, f"cannot be read ({clean(error.strerror)})") from error
