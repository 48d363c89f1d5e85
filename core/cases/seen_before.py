"""Find a file, or a copy of it, among the exhibits of all cases."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from ..media.copy_comparison import CopyComparison, CopyKind, compare_copies, is_same_picture
from ..media.open import open_media
from ..types import InputError, Media
from ..types.provenance import PerceptualHash
from .case_folder import CaseFolder, cases_in, open_case
from .case_values import CaseState, Exhibit
from .kept_results import read_record

MAX_EXHIBITS = 2_000  # that are looked at, those of the cases changed last first


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


def seen_before(folder: Path, media: Media, hashed: PerceptualHash | None) -> list[Sighting]:
    """Find a file among the exhibits of a folder of cases.

    Exhibits are found by SHA-256, and by the perceptual hash that their analysis kept; those that were never analysed
    by SHA-256 alone. The nearest comes first.

    Args:
        folder: of the cases; one that is not there holds none.
        media: the file.
        hashed: its first frame's hash, where it could be decoded.
    """
    found: list[Sighting] = []
    left = MAX_EXHIBITS
    for root in cases_in(folder):
        try:
            case = open_case(root)
            state = case.state()
        except InputError:  # a damaged case is told on its own page
            continue
        for exhibit in state.exhibits[:left]:
            if comparison := _compared(case, state, exhibit, media, hashed):
                found.append(Sighting(state.facts.title, exhibit.title, exhibit.name, exhibit.received, comparison))
        left -= len(state.exhibits)
        if left <= 0:
            break
    order = get_args(CopyKind)
    return sorted(found, key=lambda one: (order.index(one.comparison.kind), one.comparison.bits))


def _compared(
    case: CaseFolder, state: CaseState, exhibit: Exhibit, media: Media, hashed: PerceptualHash | None
) -> CopyComparison | None:
    """Compare a file with an exhibit.

    None where that is another picture, or cannot be read.
    """
    if exhibit.sha256 == media.id:
        return CopyComparison("identical", 0, 0.0, 0, media.frames)
    known = _kept_hash(case, state, exhibit)
    if hashed is None or known is None or not is_same_picture(hashed, known):
        return None
    try:
        return compare_copies(media, open_media(case.original(exhibit)), hashes=(hashed, known))
    except InputError:
        return None


def _kept_hash(case: CaseFolder, state: CaseState, exhibit: Exhibit) -> PerceptualHash | None:
    """Return the hash that an exhibit's analysis kept, or None."""
    record = read_record(case, state, exhibit) or {}
    said = (record.get("provenance") or {}).get("perceptual_hash")
    try:
        return PerceptualHash(said["pdq"], said["mirrored"], said["quality"], said["frame"]) if said else None
    except (KeyError, TypeError, InputError):
        return None
