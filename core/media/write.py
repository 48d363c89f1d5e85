"""Write media: stills and videos, each file complete or not at all."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from av.codec.context import Flags
from PIL import Image

from ..storage.files import atomic_path, atomic_write_all, check_place, sha256_of
from ..types import Array, InputError, Media
from ..types.attacked_values import WrittenFile
from .quiet_av import av, silence_log

STILLS = {".png": "PNG", ".webp": "WEBP", ".jpg": "JPEG", ".jpeg": "JPEG"}
VIDEOS = {".mkv": "matroska", ".mp4": "mp4", ".mov": "mov"}
CRF = 18  # of H.264: hardly to be told from the original by eye
QUALITY = 95  # of JPEG and WebP
KEY_FRAME_INTERVAL = 24  # frames from one key frame to the next in a lossless file: quick to jump in
BITEXACT = {"fflags": "+bitexact"}  # Matroska else takes random numbers for its file and its tracks
BT601 = 6  # how FFmpeg numbers SMPTE 170M, in matrix, primaries and transfer alike


def check_target(to: Path, kind: str | None = None) -> None:
    """Raise `InputError` where no medium of this kind can be written, before any work.

    `kind`: "image", "video" or None for either.
    """
    suffix = to.suffix.lower()
    allowed = {"image": tuple(STILLS), "video": tuple(VIDEOS)}.get(kind or "", (*STILLS, *VIDEOS))
    if suffix not in allowed:
        what = {"image": "an image", "video": "a video"}.get(kind or "", "a medium")
        came = f"what came is {to.name!r}"
        raise InputError(f"{what} is written as {', '.join(allowed[:-1])} or {allowed[-1]}; {came}")
    check_place(to)


def write_media(
    frames: Iterable[Array],
    to: Path,
    *,
    fps: float | None = None,
    like: Media | None = None,
    crf: int = CRF,
    quality: int = QUALITY,
) -> WrittenFile:
    """Write frames in the format that the suffix of `to` names, atomically.

    .png: lossless, one frame. .jpg, .webp: lossy, one frame. .mkv: H.264 in RGB at QP 0, lossless. .mp4, .mov: H.264 in
    4:2:0 (BT.601, marked as such); an odd side is padded with its edge. Frames are taken one at a time, at a constant
    rate, upright as shown: no rotation is marked. Sound is not carried over.

    Args:
        frames: (H, W, 3) uint8 RGB of one size; if the iterator raises, nothing is written.
        to: the file; one that is there is replaced.
        fps: frames per second, 0.01 to 1000; defaults to those of `like`, else 25.
        like: the medium that the frames came from; its kind has to fit the suffix.
        crf: constant rate factor of .mp4 and .mov, 0 to 51.
        quality: of .jpg and .webp, 1 to 100.
    """
    check_target(to, like.kind if like else None)
    rate = _checked(fps or (like.fps if like and like.fps else 25.0), 0.01, 1000, "the frame rate")
    _checked(crf, 0, 51, "the CRF of H.264")
    _checked(quality, 1, 100, "the quality of an image")
    try:
        with atomic_path(to) as partial:
            suffix, checked = to.suffix.lower(), _of_one_size(frames)
            if suffix in STILLS:
                facts = _write_still(checked, partial, STILLS[suffix], quality)
            else:
                facts = _write_video(checked, partial, VIDEOS[suffix], rate, crf)
            digest, length = sha256_of(partial), partial.stat().st_size
    except (OSError, av.error.FFmpegError) as error:
        raise InputError(f"{to.name} could not be written: {getattr(error, 'strerror', None) or error}") from error
    return WrittenFile(to, digest, length, *facts)


def write_together(files: Mapping[Path, bytes]) -> None:
    """Write several files, none where one cannot be written; `InputError` says which.

    Of one folder: all or none also where the process is killed. No rename spans folders, and a plan that the next
    process would follow into other folders is one that a foreign archive could bring.
    """
    try:
        atomic_write_all(files)
    except OSError as error:
        raise InputError(f"{Path(str(error.filename)).name} could not be written: {error.strerror}") from error


def _checked(value: float, low: float, high: float, what: str) -> float:
    if not (math.isfinite(value) and low <= value <= high):
        raise InputError(f"{what} has to lie between {low:g} and {high:g}; what came is {value:g}")
    return value


def _of_one_size(frames: Iterable[Array]) -> Iterator[Array]:
    first: tuple[int, ...] | None = None
    for count, frame in enumerate(frames):
        if frame.ndim != 3 or frame.shape[2] != 3 or frame.dtype != np.uint8 or 0 in frame.shape:
            raise InputError(f"frames have to be (H, W, 3) uint8; frame {count} is {frame.shape} {frame.dtype}")
        first = first or frame.shape
        if frame.shape != first:
            raise InputError(f"a file holds frames of one size; frame {count} is {frame.shape}, the first {first}")
        yield frame
    if first is None:
        raise InputError("a file holds at least one frame; none came")


Facts = tuple[int, tuple[int, int], str, bool, tuple[str, ...]]  # frames, size, coding, lossless, notes


def _write_still(frames: Iterator[Array], to: Path, format: str, quality: int) -> Facts:
    pixels = next(frames)
    if next(frames, None) is not None:
        raise InputError(f"a {format} file holds one frame here; several came")
    lossless = format == "PNG"
    try:
        Image.fromarray(pixels).save(to, format=format, **({} if lossless else {"quality": int(quality)}))
    except ValueError as error:  # the coder's own limits, such as 16383 pixels a side of WebP
        raise OSError(str(error)) from error
    size = pixels.shape[1], pixels.shape[0]
    return 1, size, format if lossless else f"{format}, quality {quality:g}", lossless, ()


def _write_video(frames: Iterator[Array], to: Path, format: str, rate: float, crf: int) -> Facts:
    lossless = format == "matroska"
    first = next(frames)
    height, width = first.shape[:2]
    high, wide = (height, width) if lossless else (height + height % 2, width + width % 2)
    options = BITEXACT | ({} if lossless else {"movflags": "faststart"})
    count = 0
    silence_log()
    with av.open(str(to), "w", format=format, options=options) as container:
        # 29.97 is 30000/1001: of all fractions with such small numbers the nearest is the one that was meant.
        stream: Any = container.add_stream(
            "libx264rgb" if lossless else "libx264", rate=Fraction(rate).limit_denominator(1001)
        )
        stream.width, stream.height, stream.pix_fmt = wide, high, "rgb24" if lossless else "yuv420p"
        # One thread: the bytes of the file are then the same on every machine.
        stream.codec_context.thread_count = 1
        stream.codec_context.flags |= Flags.bitexact
        stream.options = {"threads": "1"} | (
            {"qp": "0", "preset": "veryfast"} if lossless else {"crf": f"{crf:g}", "preset": "medium"}
        )
        if lossless:
            stream.codec_context.gop_size = KEY_FRAME_INTERVAL
        else:
            _mark(stream.codec_context)
        for frame in itertools.chain([first], frames):
            count += 1
            padded = np.pad(frame, ((0, high - height), (0, wide - width), (0, 0)), mode="edge")
            container.mux(stream.encode(av.VideoFrame.from_ndarray(padded, format="rgb24")))
        container.mux(stream.encode(None))
    notes = ["Sound is not carried over."]
    if (high, wide) != (height, width):
        notes.append(f"H.264 in 4:2:0 needs even sides: {width} x {height} became {wide} x {high}, the edge repeated.")
    coding = "H.264 in RGB, lossless (QP 0)" if lossless else f"H.264, 4:2:0, CRF {crf:g}"
    return count, (wide, high), coding, lossless, tuple(notes)


def _mark(codec: Any) -> None:
    """Mark the colour space; players otherwise guess BT.709 for large frames."""
    codec.colorspace = codec.color_primaries = codec.color_trc = BT601
    codec.color_range = 1  # limited, as usual for 4:2:0
