"""Keep what an opened file says of itself."""

from __future__ import annotations

from pathlib import Path

from core.cases.seen_before import Sighting, seen_before
from core.engine.results import ResultKey
from core.media.file_provenance import location_of, read_provenance
from core.storage.paths import cases_folder
from core.types import Media
from core.types.provenance import Location, Provenance
from pages.parts.session.case_state import CurrentCase
from pages.parts.session.session import Session

Where = tuple[Location | None]  # in a tuple: a file without a place was read, too


def keep_provenance(session: Session, source: Path | bytes, media: Media) -> None:
    """Keep what a file says of itself, its place, and its copies in cases.

    The place stays hidden until somebody asks for it.
    """
    found = read_provenance(source, media)
    session.results.put(_key(media.id), found)
    session.results.put(_where_key(media.id), (location_of(source),))
    keep_sightings(session, media)


def keep_sightings(session: Session, media: Media) -> None:
    """Look for a file and its copies in all cases.

    Among them are the open one and those beside it, wherever they lie.
    """
    known, opened = kept_provenance(session, media.id), session.page_state(CurrentCase).folder
    folders = [cases_folder(), *([opened.resolve().parent] if opened else [])]
    found = seen_before(folders, media, known.hashes if known else ())
    session.results.put(_seen_key(media.id), tuple(found))


def kept_provenance(session: Session, of: str) -> Provenance | None:
    """Return the kept provenance of a file, by its SHA-256, or None."""
    return session.results.get(_key(of))


def kept_location(session: Session, of: str) -> Location | None:
    """Return where a file says that it was recorded."""
    found = session.results.get(_where_key(of))
    return found[0] if found else None


def kept_sightings(session: Session, of: str) -> tuple[Sighting, ...]:
    """Return the exhibits that are this file or a copy, the nearest first."""
    return session.results.get(_seen_key(of)) or ()


def _key(of: str) -> ResultKey[Provenance]:
    return ResultKey("provenance", of)


def _seen_key(of: str) -> ResultKey[tuple[Sighting, ...]]:
    return ResultKey("seen before", of)


def _where_key(of: str) -> ResultKey[Where]:
    return ResultKey("location", of)
