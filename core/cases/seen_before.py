"""Find a file, or a copy of it, among the exhibits of all cases."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from ..media.copy_comparison import CopyComparison, CopyKind, compare_copies, is_same_picture, is_within_bound
from ..media.open import open_media
from ..types import InputError, Media
from ..types.provenance import PerceptualHash
from .case_folder import CaseFolder, cases_in, open_case
from .case_values import CaseState, Exhibit
from .kept_results import Kept, read_record

MAX_EXHIBITS = 2_000  # that are looked at, those of the cases changed last first
MAX_BY_PIXELS = 200  # exhibits of the same size whose hash does not fit, of which the pixels are compared all the same
Hashes = tuple[PerceptualHash, ...]
Shape = tuple[str, int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """Hold where a file was seen before.

    case: title; exhibit: such as "E1"; name: of its file; received: UTC; comparison: of the file now against it.
    """

    case: str
    exhibit: str
    name: str
    received: str
    comparison: CopyComparison


@dataclass(frozen=True, slots=True, eq=False)
class _Sought:
    """Hold what is looked for. It is opened only where a hash or its size fits.

    shape: kind, width, height and frames; None where that is not known.
    """

    sha256: str
    hashes: Hashes
    opened: Callable[[], Media]
    shape: Shape | None


def seen_before(folders: Iterable[Path], media: Media, hashes: Iterable[PerceptualHash]) -> list[Sighting]:
    """Find a file among the exhibits of folders of cases.

    Exhibits are found by SHA-256, by the perceptual hashes that their analysis kept, and those of the same size by
    their pixels; those that were never analysed by SHA-256 alone. The nearest comes first.

    Args:
        folders: of cases; one that is not there holds none.
        media: the file.
        hashes: of its frames, where they could be decoded.
    """
    roots = itertools.chain.from_iterable(map(cases_in, folders))
    return _sightings(roots, _Sought(media.id, tuple(hashes), lambda: media, (media.kind, *media.size, media.frames)))


def copies_of(case: CaseFolder, state: CaseState, exhibit: Exhibit) -> list[Sighting]:
    """Find copies of an exhibit in its case and in those beside it."""
    opened = functools.cache(lambda: open_media(case.original(exhibit)))
    kept = read_record(case, state, exhibit) or {}
    sought = _Sought(exhibit.sha256, _hashes(kept), opened, _shape(kept))
    return _sightings(
        [case.root, *cases_in(case.root.resolve().parent)], sought, but=(case.root.resolve(), exhibit.title)
    )


def _sightings(roots: Iterable[Path], sought: _Sought, but: tuple[Path, str] | None = None) -> list[Sighting]:
    """Look for a file in cases, but for one exhibit."""
    found: list[Sighting] = []
    left, by_pixels = MAX_EXHIBITS, itertools.repeat(None, MAX_BY_PIXELS)
    for root in dict.fromkeys(one.resolve() for one in roots):
        try:
            case = open_case(root)
            state = case.state()
        except InputError:  # a damaged case is told on its own page
            continue
        for exhibit in state.exhibits[:left]:
            if (root, exhibit.title) != but and (comparison := _compared(case, state, exhibit, sought, by_pixels)):
                found.append(Sighting(state.facts.title, exhibit.title, exhibit.name, exhibit.received, comparison))
        left -= len(state.exhibits)
        if left <= 0:
            break
    order = get_args(CopyKind)
    return sorted(found, key=lambda one: (order.index(one.comparison.kind), one.comparison.bits))


def _compared(
    case: CaseFolder, state: CaseState, exhibit: Exhibit, sought: _Sought, by_pixels: Iterator[None]
) -> CopyComparison | None:
    """Compare a file with an exhibit.

    None where that is another picture, or cannot be read. A change of blocks of pixels moves a hash further than its
    bound: exhibits of the same size are compared by their pixels, as often as `by_pixels` gives something.
    """
    if exhibit.sha256 == sought.sha256:
        return CopyComparison("identical", 0, 0.0, 0, 1)
    kept = read_record(case, state, exhibit) or {}
    pairs = itertools.product(sought.hashes, _hashes(kept))
    same = next((pair for pair in pairs if is_same_picture(*pair)), None)
    try:
        if same is not None:
            return compare_copies(sought.opened(), open_media(case.original(exhibit)), hashes=same)
        if sought.shape is None or sought.shape != _shape(kept) or next(by_pixels, True):
            return None
        mine, other = sought.opened(), open_media(case.original(exhibit))
        return compare_copies(mine, other) if is_within_bound(mine, other) else None
    except InputError:
        return None


def _hashes(kept: Kept) -> Hashes:
    """Read the hashes of frames off an exhibit's analysis."""
    said = (kept.get("provenance") or {}).get("perceptual_hash") or {}
    return tuple(found for one in (said, said.get("middle")) if (found := _hash(one)))


def _shape(kept: Kept) -> Shape | None:
    """Read kind, width, height and frames off an exhibit's analysis; None without one."""
    said = kept.get("media") or {}
    try:
        return str(said["kind"]), int(said["width"]), int(said["height"]), int(said["frames"])
    except (KeyError, TypeError, ValueError):
        return None


def _hash(said: Any) -> PerceptualHash | None:
    """Read a kept hash; None where it cannot be read."""
    try:
        return PerceptualHash(said["pdq"], said["mirrored"], said["quality"], said["frame"]) if said else None
    except (KeyError, TypeError, InputError):
        return None
