"""Compare two copies of a medium by their pixels, else by their hashes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from ..types import Array, Media
from ..types.arrays import check
from ..types.provenance import PerceptualHash
from .open import evenly_spaced
from .perceptual_hash import hash_distance, perceptual_hash

CopyKind = Literal["identical", "same pixels", "bounded", "similar", "mirrored", "other"]
BOUND = 16  # in 1/255: an attack changes no pixel by more, and what is shown stays the same to the eye
SAME_PICTURE = 31  # bits of 256 in which the hashes of one picture differ at the most
TELLING = 50  # quality under which a hash means nothing, because the frame is too plain


@dataclass(frozen=True, slots=True, eq=False)
class CopyComparison:
    """Hold how two copies differ.

    kind: "identical" is the very file, "bounded" the same picture with no pixel further off than `BOUND`, "similar" one
        that was coded, resized or edited; largest: change of any channel of any pixel in 1/255, from the mirror image
        where it is "mirrored", None where the pixels do not fit onto each other; changed: share of pixels that differ,
        likewise; bits: of 256 in which the hashes of the first frames, or of those that fit, differ; frames: how many
        were compared.
    """

    kind: CopyKind
    largest: int | None
    changed: float | None
    bits: int
    frames: int

    def __post_init__(self) -> None:
        check(self.kind in get_args(CopyKind), f"copies are one of {', '.join(get_args(CopyKind))}", self.kind)

    @property
    def changed_within_bound(self) -> bool:
        """Return whether pixels differ, and none by more than `BOUND`, as after an attack."""
        return self.kind in ("bounded", "mirrored") and self.largest is not None and 0 < self.largest <= BOUND


def compare_copies(
    one: Media,
    other: Media,
    *,
    frames: int = 16,
    hashes: tuple[PerceptualHash | None, PerceptualHash | None] = (None, None),
) -> CopyComparison:
    """Compare two media, over evenly spaced frames of a video.

    Args:
        one: an image or a video.
        other: the same kind, else they are told apart by hash.
        frames: of a video, how many.
        hashes: of frames that show the same, where they are known already; else of the first ones.

    Raises:
        InputError: a frame cannot be decoded.
    """
    if one.id == other.id:
        return CopyComparison("identical", 0, 0.0, 0, one.frames)
    first, second = (
        known or perceptual_hash(media.frame(0)) for known, media in zip(hashes, (one, other), strict=True)
    )
    largest, changed, count = _differences(one, other, frames)
    bits = hash_distance(first.pdq, second.pdq)
    kind = _kind(first, second, bits, largest)
    if kind in ("similar", "mirrored") and hash_distance(first.mirrored, second.pdq) < bits:
        turned, share, count = _differences(one, other, frames, mirror=True)
        if kind == "mirrored" or (turned is not None and turned <= BOUND):
            kind, largest, changed = "mirrored", turned, share
    return CopyComparison(kind, largest, changed, bits, count)


def is_within_bound(one: Media, other: Media) -> bool:
    """Tell whether no pixel of the first frames differs by more than `BOUND`.

    Raises:
        InputError: a frame cannot be decoded.
    """
    largest, _, _ = _differences(one, other, 1)
    return largest is not None and largest <= BOUND


def is_same_picture(one: PerceptualHash, other: PerceptualHash) -> bool:
    """Tell whether two hashes are of one picture, also if it was mirrored."""
    nearest = min(hash_distance(one.pdq, other.pdq), hash_distance(one.mirrored, other.pdq))
    return min(one.quality, other.quality) >= TELLING and nearest <= SAME_PICTURE


def _kind(one: PerceptualHash, other: PerceptualHash, bits: int, largest: int | None) -> CopyKind:
    if largest is not None and largest <= BOUND:
        return "bounded" if largest else "same pixels"
    if not is_same_picture(one, other):
        return "other"
    return "similar" if bits <= SAME_PICTURE else "mirrored"


def _differences(
    one: Media, other: Media, frames: int, *, mirror: bool = False
) -> tuple[int | None, float | None, int]:
    """Return the largest change, the share of changed pixels, and the frames compared.

    `mirror` compares with the mirror image of the second.
    """
    if (one.kind, one.size, one.frames) != (other.kind, other.size, other.frames):
        return None, None, 1
    indices = evenly_spaced(one.frames, frames)
    largest, shares = 0, []
    pairs = zip(one.source.read(indices), other.source.read(indices), strict=True)
    for (_, mine), (_, theirs) in pairs:
        change = _change(mine, theirs[:, ::-1] if mirror else theirs)
        largest = max(largest, int(change.max()))
        shares.append(float((change > 0).mean()))
    return largest, float(np.mean(shares)), len(indices)


def _change(one: Array, other: Array) -> Array:
    """Return (H, W), the largest change over a pixel's channels, of frames (H, W, 3) uint8."""
    change: Array = np.max(np.maximum(one, other) - np.minimum(one, other), axis=2)
    return change
