"""Read what a file says of itself: metadata, container, traces, hash, credentials."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from ..types import InputError, Media
from ..types.provenance import JpegTables, Location, PerceptualHash, Provenance, SoftwareTrace
from .container_facts import Facts, picture_facts, video_facts
from .content_credentials import read_credentials
from .exif import read_exif, read_location
from .jpeg_tables import read_jpeg_tables
from .perceptual_hash import perceptual_hash
from .sniff import HEAD, IMAGES, clean, recognise
from .software_traces import picture_traces, video_traces

Found = tuple[Facts, dict[str, str], bool, tuple[SoftwareTrace, ...], JpegTables | None, tuple[str, ...]]


def read_provenance(source: Path | bytes, media: Media) -> Provenance:
    """Read what an opened file says of itself; nothing is looked up elsewhere.

    `source` is what `media` was opened from. What cannot be read is a note, as the frames are sound.
    """
    try:
        found = _of_picture(source) if media.kind == "image" else _of_video(source)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - the boundary to Pillow and FFmpeg: metadata are a file's least safe part
        note = f"what the file says of itself cannot be read ({clean(type(error).__name__)})"
        found = {"format": media.metadata.get("format", media.kind)}, {}, False, (), None, (note,)
    facts, exif, located, traces, tables, notes = found
    hashed = _hash_of_first_frame(media)
    return Provenance(media.id, facts, exif, located, traces, hashed, read_credentials(source, media), tables, notes)


def _hash_of_first_frame(media: Media) -> PerceptualHash | None:
    """Hash the first frame, or return None where it cannot be decoded.

    A later one of a video costs the decoding of all before it.
    """
    try:
        return perceptual_hash(media.frame(0))
    except InputError:
        return None


def location_of(source: Path | bytes) -> Location | None:
    """Return where a picture says it was taken; None for other files."""
    if recognise(_head(source)) not in IMAGES:
        return None
    with _opened(source) as image:
        return read_location(image)


def _head(source: Path | bytes) -> bytes:
    if isinstance(source, bytes):
        return source[:HEAD]
    with source.open("rb") as file:
        return file.read(HEAD)


def _opened(source: Path | bytes) -> Image.Image:
    return Image.open(io.BytesIO(source) if isinstance(source, bytes) else source, formats=list(IMAGES))


def _of_picture(source: Path | bytes) -> Found:
    with _opened(source) as image:
        exif, located, notes = read_exif(image)
        length = len(source) if isinstance(source, bytes) else source.stat().st_size
        facts, traces = picture_facts(image, length), picture_traces(exif, image.info)
        if image.format == "PNG":  # text may stand behind the pixels
            image.load()
            traces = picture_traces(exif, image.info)
        return facts, exif, located, traces, read_jpeg_tables(image), notes


def _of_video(source: Path | bytes) -> Found:
    facts, tags = video_facts(source, recognise(_head(source)))
    places = [name for name in tags if "location" in name.lower() or "\u00a9xyz" in name.lower()]
    shown = {name: text for name, text in tags.items() if name not in places}
    return facts, shown, bool(places), video_traces(shown), None, ()
