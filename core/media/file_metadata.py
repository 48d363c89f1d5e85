"""Parse what a file says of itself into plain values."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

from PIL import Image

from ..sandbox.file_numbers import FileNumber
from ..types.provenance import ContentCredentials, JpegTables, Location, SoftwareTrace
from .container_facts import Facts, is_place, picture_facts, video_facts, video_location
from .content_credentials import Source, check_credentials, meaning_of
from .exif import read_exif, read_location
from .jpeg_tables import read_jpeg_tables
from .sniff import IMAGES, clean
from .software_traces import picture_traces, video_traces
from .trust_lists import TrustLists

MAX_FIELDS = 200  # of a file, of one kind
MAX_NAMES = 600  # letters: three lists are named, each with its hash


@dataclass(frozen=True, slots=True, eq=False)
class FileMetadata:
    """Hold what a file says of itself: see `types.provenance.Provenance`."""

    facts: Mapping[str, str | int | float]
    exif: Mapping[str, str]
    located: bool
    traces: tuple[SoftwareTrace, ...]
    credentials: ContentCredentials
    tables: JpegTables | None = None
    notes: tuple[str, ...] = ()

    def plain(self) -> dict[str, object]:
        """Return it as JSON has it."""
        return {name: getattr(self, name) for name in ("facts", "exif", "located", "notes")} | {
            "traces": [asdict(trace) for trace in self.traces],
            "credentials": asdict(self.credentials),
            "tables": asdict(self.tables) if self.tables else None,
        }


def metadata_from_plain(said: Mapping[str, Any]) -> FileMetadata:
    """Check what `plain` gave, and return it; raises ValueError, TypeError or KeyError."""
    credentials, tables = dict(said["credentials"]), said["tables"]
    credentials["meaning"] = meaning_of(credentials["state"], [str(one) for one in credentials["problems"]])
    if max(len(said[name]) for name in ("facts", "exif", "notes", "traces")) > MAX_FIELDS:
        raise ValueError("too many fields")
    return FileMetadata(
        {
            clean(name): value if isinstance(value, int | float) else clean(value)
            for name, value in said["facts"].items()
        },
        {clean(name): clean(text) for name, text in said["exif"].items()},
        bool(said["located"]),
        tuple(SoftwareTrace(clean(one["place"]), clean(one["text"]), cast(Any, one["kind"])) for one in said["traces"]),
        ContentCredentials(
            credentials["state"],
            signer=clean(credentials["signer"]),
            generator=clean(credentials["generator"]),
            signed=clean(credentials["signed"]),
            trust_list=clean(credentials["trust_list"], MAX_NAMES),
            meaning=credentials["meaning"],
            problems=tuple(map(clean, credentials["problems"])),
        ),
        tables
        and JpegTables(
            tuple(tuple(map(int, table)) for table in tables["tables"]),
            clean(tables["origin"]),
            int(tables["quality"]),
            bool(tables["exact"]),
        ),
        tuple(map(clean, said["notes"])),
    )


def parse_metadata(source: Source, kind: str, lists: TrustLists) -> FileMetadata:
    """Read what a file says of itself; what cannot be read is a note.

    Args:
        source: its path, bytes or open file.
        kind: one of `IMAGES`, or a key of `DEMUXERS`.
        lists: of signers that are trusted, see `trust_lists`.
    """
    credentials = check_credentials(source, kind, lists)
    try:
        found = _of_picture(source) if kind in IMAGES else _of_video(source, kind)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - the boundary to Pillow and FFmpeg: metadata are a file's least safe part
        note = f"what the file says of itself cannot be read ({clean(type(error).__name__)})"
        return FileMetadata({"format": kind}, {}, False, (), credentials, notes=(note,))
    facts, exif, located, traces, tables, notes = found
    return FileMetadata(facts, exif, located, traces, credentials, tables, notes)


def parse_location(source: Source, kind: str) -> Location | None:
    """Return where a file says that it was recorded, or None.

    `kind` is a format of `IMAGES`, or a key of `DEMUXERS`.
    """
    try:
        if kind not in IMAGES:
            return video_location(source, kind)
        with _opened(source) as image:
            return read_location(image)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - the boundary to Pillow and FFmpeg, as above
        return None


Found = tuple[Facts, dict[str, str], bool, tuple[SoftwareTrace, ...], JpegTables | None, tuple[str, ...]]


def _content(source: Source) -> bytes:
    if isinstance(source, bytes):
        return source
    return source.content() if isinstance(source, FileNumber) else source.read_bytes()


def _opened(source: Source) -> Image.Image:
    return Image.open(io.BytesIO(_content(source)), formats=list(IMAGES))


def _of_picture(source: Source) -> Found:
    content = _content(source)
    with _opened(content) as image:
        exif, located, notes = read_exif(image, content)
        facts, traces = picture_facts(image, len(content)), picture_traces(exif, image.info)
        if image.format == "PNG":  # text may stand behind the pixels
            image.load()
            traces = picture_traces(exif, image.info)
        return facts, exif, located, traces, read_jpeg_tables(image), notes


def _of_video(source: Source, kind: str) -> Found:
    facts, tags = video_facts(source, kind)
    places = [name for name in tags if is_place(name)]
    shown = {name: text for name, text in tags.items() if name not in places}
    return facts, shown, bool(places), video_traces(shown), None, ()
