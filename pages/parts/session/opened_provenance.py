"""Keep what an opened file says of itself."""

from __future__ import annotations

from pathlib import Path

from core.engine.results import ResultKey
from core.media.file_provenance import location_of, read_provenance
from core.types import Media
from core.types.provenance import Location, Provenance
from pages.parts.session.session import Session

Where = tuple[Location | None]  # in a tuple: a file without a place was read, too


def keep_provenance(session: Session, source: Path | bytes, media: Media) -> None:
    """Read what a file says of itself, and its place; both are kept.

    The place stays hidden until somebody asks for it.
    """
    session.results.put(_key(media.id), read_provenance(source, media))
    session.results.put(_where_key(media.id), (location_of(source),))


def kept_provenance(session: Session, of: str) -> Provenance | None:
    """Return the kept provenance of a file, by its SHA-256, or None."""
    return session.results.get(_key(of))


def kept_location(session: Session, of: str) -> Location | None:
    """Return where a file says that it was recorded."""
    found = session.results.get(_where_key(of))
    return found[0] if found else None


def _key(of: str) -> ResultKey[Provenance]:
    return ResultKey("provenance", of)


def _where_key(of: str) -> ResultKey[Where]:
    return ResultKey("location", of)
