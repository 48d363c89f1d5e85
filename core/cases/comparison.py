"""Compare what a bundle holds with what was computed now."""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..media.images import decode_png
from ..media.open import open_media
from ..types import Array, InputError
from ..types.recorded_fields import LEFT_OUT
from .chain import digest, json_of

ARRAYS = "maps.npz"
IGNORED = ("seconds",)  # of the clock, not of the result
# what rounding changes without a measure: hashes of pixels, and sentences with numbers
ROUNDED = re.compile(r"(^|/)((attack|face|faces/\d+)/id|settings/attacked|findings/\d+/sentence|rules/\w+/why)$")
MAX_ARRAYS = 1 << 30  # bytes of all arrays of a file
MAX_STEP = 1.0  # mean difference of a picture's values from 0 to 255, with a tolerance


@dataclass(frozen=True, slots=True)
class Difference:
    """Hold a difference: where, what was kept, what came, and the tolerance."""

    where: str
    kept: object
    found: object
    tolerance: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class ReplayOutcome:
    """Hold what came of a replay, as it is recorded."""

    equal: bool
    compared: int
    differences: tuple[Difference, ...]
    not_computed_again: tuple[str, ...] | None = field(default=None, metadata=LEFT_OUT)


@dataclass(slots=True, eq=False)
class Replay:
    """Hold what came of computing a bundle's results again.

    compared: numbers and texts that were compared; differences: in order; tolerance: by the
    entry of the result, 0 where bit-equal results are expected; not_again: the places of what is not computed again:
    of what pages showed, and of what was checked with other lists of signers, with the reason.
    """

    compared: int = 0
    differences: list[Difference] = field(default_factory=list)
    tolerance: dict[int, float] = field(default_factory=dict)
    not_again: list[str] = field(default_factory=list)

    def outcome(self) -> ReplayOutcome:
        """Return what came of it so far."""
        differences = tuple(self.differences)
        return ReplayOutcome(not differences, self.compared, differences, tuple(self.not_again) or None)

    def differ(self, where: str, kept: object, found: object, tolerance: float = 0.0) -> None:
        """Note a difference.

        Args:
            where: the file, and the place in it.
            kept: what the bundle holds.
            found: what was computed now.
            tolerance: that was exceeded.
        """
        self.differences.append(Difference(where, kept, found, tolerance))


def compare_json(kept: Any, now: Any, where: str, tolerance: float, found: Replay, *, whole: bool = False) -> None:
    """Compare two records leaf by leaf; what only the clock decides is left out.

    With a tolerance, so are hashes of pixels, sentences with numbers and, unless `whole`, what that did not yet say.

    Args:
        kept: the record in the bundle.
        now: the one that was made now.
        where: its place in the bundle.
        tolerance: of numbers, absolute and relative; 0 for equal ones.
        found: where differences are noted.
        whole: whether the kept record has to say all that is said now.
    """
    before, after = dict(_leaves(kept)), dict(_leaves(now))
    for place in before if tolerance and not whole else dict.fromkeys([*before, *after]):
        if tolerance and ROUNDED.search(place):
            continue
        found.compared += 1
        a, b = before.get(place, "missing"), after.get(place, "missing")
        if not _near(a, b, tolerance):
            found.differ(f"{where}: {place}", a, b, tolerance)


def _leaves(value: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, (dict, list)) and value:
        for name, one in value.items() if isinstance(value, dict) else enumerate(value):
            if name not in IGNORED:
                yield from _leaves(one, f"{before}/{name}" if before else str(name))
    else:
        yield before, value


def _near(a: Any, b: Any, tolerance: float) -> bool:
    numbers = all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in (a, b))
    if not (numbers and tolerance):
        return bool(a == b)
    try:
        return math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance)
    except OverflowError:  # a whole number that is no float
        return False


def _arrays_of(kept: bytes) -> dict[str, Array]:
    """Read the arrays of a file that nobody vouches for.

    Raises `ValueError` where one holds something else than finite numbers, and nearly anything where it is damaged.
    """
    with zipfile.ZipFile(io.BytesIO(kept)) as archive:
        if sum(info.file_size for info in archive.infolist()) > MAX_ARRAYS:
            raise ValueError("its arrays are too large")
    with np.load(io.BytesIO(kept), allow_pickle=False) as before:
        arrays = {name: before[name] for name in before.files}
    if not all(one.dtype.kind in "fiub" and np.isfinite(one).all() for one in arrays.values()):
        raise ValueError("an array holds something else than finite numbers")
    return arrays


def compare_picture(kept: bytes | None, now: bytes, where: str, tolerance: float, found: Replay) -> None:
    """Compare a picture that was attacked: byte by byte, with a tolerance its pixels.

    Args:
        kept: content in the bundle; None where it is missing.
        now: the PNG that was made now.
        where: its place in the bundle.
        tolerance: 0 for equal bytes; else values may be off by `MAX_STEP` of 255 in the mean.
        found: where differences are noted.
    """
    if kept is None or not tolerance:
        compare_file(kept, now, where, tolerance, found)
        return
    found.compared += 1
    try:
        before = open_media(kept, where).frame(0).astype(np.float64)  # foreign: decoded as every file is
    except InputError:
        found.differ(where, "damaged", "there")
        return
    after = decode_png(now).astype(np.float64)
    off = float(np.abs(before - after).mean()) if before.shape == after.shape else math.inf
    if off > MAX_STEP:
        found.differ(where, 0.0, off, MAX_STEP)


def _compare_arrays(kept: bytes, now: bytes, where: str, tolerance: float, found: Replay) -> None:
    """Compare maps and masks.

    The tolerance is a share of a map's largest value, and of a mask's places.
    """
    try:
        arrays = _arrays_of(kept)
    except Exception:  # noqa: BLE001 - what NumPy raises on foreign heads of arrays, a memory error too, is nearly anything
        found.differ(where, "damaged", "there")
        return
    with np.load(io.BytesIO(now), allow_pickle=False) as after:
        for name in dict.fromkeys([*arrays, *after.files]):
            found.compared += 1
            there = name in arrays and name in after.files
            if not there or _form(arrays[name]) != _form(after[name]):
                found.differ(f"{where}: {name}", name in arrays, name in after.files)
                continue
            off, largest = _off(arrays[name], after[name])
            if not off <= tolerance * largest:
                found.differ(f"{where}: {name}", 0.0, off, tolerance * largest)


def _form(array: Array) -> tuple[bool, tuple[int, ...]]:
    return array.dtype == np.bool_, array.shape


def _off(kept: Array, now: Array) -> tuple[float, float]:
    """Return how far values are off at most, and the largest one kept.

    Of masks, the share of places that differ, and 1.
    """
    if kept.dtype == now.dtype == np.bool_:
        return float(np.mean(kept != now)) if kept.size else 0.0, 1.0
    before = kept.astype(np.float64)
    return float(np.abs(before - now).max(initial=0.0)), float(np.abs(before).max(initial=0.0))


def compare_file(kept: bytes | None, now: bytes | None, where: str, tolerance: float, found: Replay) -> None:
    """Compare a file with that made now: records, arrays, and else bytes.

    Pictures and tables are made from what is compared beside them: with a tolerance, rounding shows in them as steps,
    and they are left out.

    Args:
        kept: content in the bundle; None where it is missing.
        now: content that was made now; None where there is none.
        where: its place in the bundle.
        tolerance: of numbers; of arrays a share of the largest value.
        found: where differences are noted.
    """
    if kept is None or now is None:
        found.differ(where, "missing" if kept is None else "there", "missing" if now is None else "there")
    elif where.endswith(".json"):
        compare_json(json_of(kept), json_of(now), where, tolerance, found)
    elif where.endswith(".npz"):
        _compare_arrays(kept, now, where, tolerance, found)
    elif not tolerance:
        found.compared += 1
        if kept != now:
            found.differ(where, digest(kept), digest(now))
