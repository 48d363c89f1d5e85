"""Read what a file says of itself: metadata, container, traces, hash, credentials."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import cast

from ..sandbox.reading_place import reads_inside
from ..types import InputError, Media
from ..types.provenance import ContentCredentials, Location, PerceptualHash, Provenance
from .content_credentials import MEANINGS, can_have_credentials
from .file_metadata import FileMetadata, metadata_from_plain, parse_location, parse_metadata
from .perceptual_hash import perceptual_hash
from .readers import read_plain
from .sniff import DEMUXERS, HEAD, IMAGES, recognise
from .trust_lists import TrustLists, trust_lists


def read_provenance(source: Path | bytes, media: Media) -> Provenance:
    """Read what an opened file says of itself; nothing is looked up elsewhere.

    `source` is what `media` was opened from. What cannot be read is a note, as the frames are sound.
    """
    found = _metadata(source, media)
    hashed = _hashes(media)
    return Provenance(
        media.id,
        found.facts,
        found.exif,
        found.located,
        found.traces,
        hashed.get(0),
        found.credentials,
        found.tables,
        found.notes,
        hashed.get(media.frames // 2) if media.frames > 1 else None,
    )


def _metadata(source: Path | bytes, media: Media) -> FileMetadata:
    kind = recognise(_head(source))
    lists = trust_lists() if can_have_credentials(kind) else TrustLists()
    if reads_inside():
        return parse_metadata(source, kind, lists)
    try:
        return read_plain("metadata", source, media.name, {"kind": kind, "lists": asdict(lists)}, metadata_from_plain)
    except InputError:
        unread = ("what the file says of itself cannot be read: its reader stopped",)
        return FileMetadata({"format": kind}, {}, False, (), _unchecked(), notes=unread)


def _unchecked() -> ContentCredentials:
    return ContentCredentials("not checked", MEANINGS["not checked"])


def _hashes(media: Media) -> dict[int, PerceptualHash]:
    """Hash the first frame, and a video's middle one, by index.

    Many videos begin alike, with black or a title. What cannot be decoded is left out.
    """
    found: dict[int, PerceptualHash] = {}
    with contextlib.suppress(InputError):
        for index, frame in media.source.read(tuple(sorted({0, media.frames // 2}))):
            found[index] = perceptual_hash(frame, index=index)
    return found


def location_of(source: Path | bytes) -> Location | None:
    """Return where a picture or a video says it was taken, or None."""
    kind = recognise(_head(source))
    if kind not in IMAGES and kind not in DEMUXERS:
        return None
    if reads_inside():
        return parse_location(source, kind)
    with contextlib.suppress(InputError):
        return read_plain("location", source, "file", {"kind": kind}, _location)
    return None


def _location(said: Mapping[str, object]) -> Location | None:
    place = said["place"]
    if place is None:
        return None
    latitude, longitude = map(float, cast(list[float], place))
    return Location(latitude, longitude)


def _head(source: Path | bytes) -> bytes:
    if isinstance(source, bytes):
        return source[:HEAD]
    with source.open("rb") as file:
        return file.read(HEAD)
