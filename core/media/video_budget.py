"""Bound what has to be decoded of a video, before it is."""

from __future__ import annotations

import bisect
from typing import Any

from .frame_choice import FRAMES, evenly_spaced
from .limits import DECODED_A_BYTE, DENSE, DENSE_DECODED_A_BYTE, FREE_DECODED, LIMIT_DECODED, LIMIT_JUDGED
from .sniff import refusal


def check_whole(name: str, codec: Any, frames: int, length: int) -> None:
    """Refuse a video that costs too much to be decoded whole.

    Args:
        name: to show.
        codec: of its stream.
        frames: of it.
        length: of the file, in bytes.
    """
    width, height = codec.width, codec.height
    a_byte = DENSE_DECODED_A_BYTE if codec.name in DENSE else DECODED_A_BYTE
    came, allowed = frames * width * height, min(LIMIT_DECODED, FREE_DECODED + a_byte * length)
    if came <= allowed:
        return
    of_the_file = f"of a file of {length / 1e6:,.1f} MB " if allowed < LIMIT_DECODED else ""
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
    allowed = LIMIT_JUDGED + DECODED_A_BYTE * length
    if decoded * width * height > allowed:
        raise refusal(
            name,
            f"can be decoded from {max(1, len(keys)):,} of its frames on only, so that up to {decoded:,} frames of "
            f"{width} x {height} pixels, {decoded * width * height / 1e9:.1f} thousand million in all, would have to "
            f"be decoded to read {FRAMES}; up to {allowed / 1e9:.1f} thousand million pixels of a file of "
            f"{length / 1e6:,.1f} MB are allowed. The same video with more key frames may be longer",
        )
