"""Bound what has to be decoded of a video, before it is."""

from __future__ import annotations

import bisect
from typing import Any

from ..types import limits
from .frame_choice import FRAMES, evenly_spaced
from .sniff import refusal

_DENSE = ("h264", "hevc", "vp8", "vp9", "libdav1d", "av1")  # codings of the most pixels a byte


def frames_words(most: int, claimed: int) -> str:
    """Say that a video has too many frames. `claimed`: by its header, 0 where that says nothing."""
    came = f"has more than {most:,} frames" + (f", {claimed:,} by its header" if claimed > most else "")
    return f"{came}, and no more than {most:,} are allowed"


def check_whole(name: str, codec: Any, frames: int, length: int) -> None:
    """Refuse a video that costs too much to be decoded whole.

    Args:
        name: to show.
        codec: of its stream.
        frames: of it.
        length: of the file, in bytes.
    """
    width, height = codec.width, codec.height
    a_byte = limits.DENSE_PIXELS_A_BYTE if codec.name in _DENSE else limits.DECODED_PIXELS_A_BYTE
    came, allowed = (
        frames * width * height,
        min(limits.MAX_DECODED_PIXELS, limits.FREE_DECODED_PIXELS + a_byte * length),
    )
    if came <= allowed:
        return
    of_the_file = f"of a file of {length / 1e6:,.1f} MB " if allowed < limits.MAX_DECODED_PIXELS else ""
    raise refusal(
        name,
        f"has {frames:,} frames of {width} x {height} pixels, {came / 1e9:.1f} thousand million in all, and its list "
        f"of frames cannot be trusted, so that all would have to be decoded; up to {allowed / 1e9:.1f} thousand "
        f"million pixels {of_the_file}are allowed then. A sound MP4 or MKV may be longer",
    )


def check_judged(
    name: str, size: tuple[int, int], stamps: tuple[int, ...], keys: tuple[int, ...], hidden: int, length: int
) -> None:
    """Refuse a video that costs too much to read the frames of a verdict.

    Args:
        name: to show.
        size: (width, height) of a frame.
        stamps: time stamps of its frames, ascending.
        keys: those where decoding may begin; empty: at the first one only.
        hidden: frames that are decoded and not shown.
        length: of the file, in bytes.
    """
    needed: dict[int, int] = {}  # frames from each key frame on
    for frame in evenly_spaced(len(stamps), FRAMES):
        place = bisect.bisect_right(keys, stamps[frame]) if keys else 0
        start = bisect.bisect_left(stamps, keys[place - 1]) if place else 0
        needed[start] = frame + 1 - start
    decoded, (width, height) = sum(needed.values()) + hidden, size
    allowed = limits.MAX_JUDGED_PIXELS + limits.DECODED_PIXELS_A_BYTE * length
    if decoded * width * height > allowed:
        raise refusal(
            name,
            f"can be decoded from {max(1, len(keys)):,} of its frames on only, so that up to {decoded:,} frames of "
            f"{width} x {height} pixels, {decoded * width * height / 1e9:.1f} thousand million in all, would have to "
            f"be decoded to read {FRAMES}; up to {allowed / 1e9:.1f} thousand million pixels of a file of "
            f"{length / 1e6:,.1f} MB are allowed. The same video with more key frames may be longer",
        )
