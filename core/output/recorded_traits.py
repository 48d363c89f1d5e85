"""Read off a file's record what decides which measurements are like it."""

from __future__ import annotations

from ..types.file_traits import FileTraits
from .records import Record


def file_traits(record: Record) -> FileTraits:
    """Read off an analysis what decides which measurements fit its file."""
    said = record["provenance"]["container"].get("quantisation") or {}
    sides = [min(face["crop"]) for face in record["faces"] if face["verdict"]]
    return FileTraits(record["media"]["kind"], said.get("quality") or None, min(sides, default=None))
