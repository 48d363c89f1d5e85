"""Open a person's file as a Media: recognised by content, limits checked first."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
from PIL import ExifTags, Image, ImageOps

from ..sandbox.shared_regions import HeldBytes
from ..storage.files import sha256_of
from ..types import Array, InputError, Media
from .limits import LIMIT_BYTES, LIMIT_PIXELS, LIMIT_SCANS, strip_words
from .readers import read_image, read_video, reads_inside
from .sniff import (
    DEMUXERS,
    HEAD,
    IMAGES,
    clean,
    recognise,
    refusal,
)
from .video import open_video

_ROWS = 256  # converted at a time
_TAGS = {"make": ExifTags.Base.Make, "model": ExifTags.Base.Model, "software": ExifTags.Base.Software}


@dataclass(frozen=True, slots=True, eq=False)
class _Still:
    """Hold an image's only frame, decoded."""

    pixels: Array = field(repr=False)

    def read(self, indices: tuple[int, ...]) -> Iterator[tuple[int, Array]]:
        """Yield (0, pixels (H, W, 3) uint8 RGB, not writable) when 0 is requested."""
        if 0 in indices:
            yield 0, self.pixels


def open_media(source: Path | bytes, name: str | None = None) -> Media:
    """Open an image or a video, recognised by its content whatever its name says.

    An image is decoded at once: rotated as its EXIF data say, transparency on white, 16 bit to 8, the first of several
    images. A video is read through to count its frames; `source` is kept to read them from.

    Args:
        source: a path, whose file must not change while the Media is in use, or the file's bytes.
        name: the file name to show; the path's own when omitted.

    Raises:
        InputError: the file is missing, empty, too large, of another format, cut off or damaged.
    """
    if isinstance(source, bytes):
        shown = _base_name(name or "upload")
        _check_length(len(source), shown)
        head = source[:HEAD]
    else:
        shown = _base_name(name or source.name or str(source))
        head = _head_of(source, shown)
    kind = recognise(head)
    if kind not in DEMUXERS and kind not in IMAGES:
        raise refusal(shown, f"is {kind}" if kind else "is no image or video that is known here")
    return _open_inside(source, shown, kind) if reads_inside() else _open_sandboxed(source, shown, kind)


def _open_inside(source: Path | bytes, name: str, kind: str) -> Media:
    """Decode in this process."""
    if kind in DEMUXERS:
        return open_video(source, id=_hash(source, name), name=name, container=kind)
    data = source if isinstance(source, bytes) else _contents(source, name)
    return _still(hashlib.sha256(data).hexdigest(), name, *decode_image(data, name, kind))


def _open_sandboxed(source: Path | bytes, name: str, kind: str) -> Media:
    """Decode in a process that may die without harm."""
    if isinstance(source, bytes):
        held = HeldBytes(source)
        return _opened(held, held, hashlib.sha256(source).hexdigest(), name, kind)
    try:
        with source.open("rb") as file:
            return _opened(source, file, hashlib.file_digest(file, "sha256").hexdigest(), name, kind)
    except OSError as error:
        raise refusal(name, f"cannot be read ({clean(error.strerror)})") from error


def _opened(source: Path | HeldBytes, file: IO[bytes] | HeldBytes, id: str, name: str, kind: str) -> Media:
    if kind in DEMUXERS:
        return read_video(source, file, id=id, name=name, kind=kind)
    return _still(id, name, *read_image(file, name, kind))


def _still(id: str, name: str, pixels: Array, metadata: Mapping[str, str], notes: tuple[str, ...]) -> Media:
    height, width = pixels.shape[:2]
    return Media(id, name, "image", (width, height), 1, 0.0, _Still(pixels), metadata, notes)


def evenly_spaced(frames: int, count: int) -> tuple[int, ...]:
    """Return `count` evenly spaced indices of `frames`, each centred in its share.

    All indices when count >= frames; ascending, unique, deterministic; empty when either number is below 1.
    """
    if count >= frames:
        return tuple(range(frames))
    return tuple((2 * index + 1) * frames // (2 * count) for index in range(count))


def _base_name(name: str) -> str:
    return clean(re.split(r"[/\\]", name.rstrip("/\\"))[-1]) or "unnamed"


def _check_length(length: int, name: str) -> None:
    if length == 0:
        raise refusal(name, "is empty (0 bytes)")
    if length > LIMIT_BYTES:
        raise refusal(name, f"is too large ({length / 2**20:.1f} MiB)")


def _head_of(path: Path, name: str) -> bytes:
    try:
        if path.is_dir():
            raise refusal(name, "is a folder, not a file")
        if not path.exists():
            raise refusal(name, "does not exist")
        if not path.is_file():  # reading a pipe or a device could wait for ever
            raise refusal(name, "is not a regular file")
        _check_length(path.stat().st_size, name)
        with path.open("rb") as file:
            return file.read(HEAD)
    except InputError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise refusal(name, f"cannot be read ({clean(error)})") from error


def _contents(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise refusal(name, f"cannot be read ({clean(error.strerror)})") from error


def _hash(source: Path | bytes, name: str) -> str:
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    try:
        return sha256_of(source)
    except OSError as error:
        raise refusal(name, f"cannot be read ({clean(error.strerror)})") from error


def decode_image(data: bytes, name: str, kind: str) -> tuple[Array, dict[str, str], tuple[str, ...]]:
    """Decode to pixels (H, W, 3) uint8 RGB, metadata and notes.

    Every failure of the decoder becomes an InputError.
    """
    try:
        # The limits of Pillow itself stay as they are; ours is lower, and a header is enough to check it.
        with Image.open(io.BytesIO(data), formats=list(IMAGES)) as image:
            width, height = image.size
            if min(width, height) < 1 or width * height > LIMIT_PIXELS:
                raise _wrong_size(name, f"{width} x {height} pixels")
            if strip := strip_words(width, height):
                raise refusal(name, f"has {strip}")
            _check_scans(name, data, kind)
            image.load()
            several = bool(getattr(image, "is_animated", False))
            metadata = {"format": clean(image.format), "mode": image.mode}
            upright, exif, notes = _read_exif(image)
            pixels, changed = _to_rgb(upright)
            notes += _blank_note(image, len(data))
    except (InputError, MemoryError, ImportError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        came = re.search(r"\d+ pixels", str(error))
        raise _wrong_size(name, came[0] if came else "far too many pixels") from error
    except Exception as error:  # the boundary to Pillow, which on damaged files raises nearly anything
        if not _decodes(kind):
            raise
        raise refusal(name, f"is cut off or damaged: this {kind} image cannot be decoded to its end") from error
    if several:
        notes = (*notes, "the file holds several images: the first one is used")
    pixels.setflags(write=False)
    return pixels, metadata | exif, (*notes, *changed)


def _decodes(kind: str) -> bool:
    """Return whether a sound image can be decoded: else no file is called damaged."""
    buffer = io.BytesIO()
    try:
        Image.new("RGB", (8, 8)).save(buffer, kind)
        with Image.open(buffer, formats=list(IMAGES)) as image:
            image.load()
            _read_exif(image)
            return _to_rgb(image)[0].shape == (8, 8, 3)
    except Exception:  # noqa: BLE001 - whatever it is, it is not the file's fault
        return False


def _blank_note(image: Image.Image, length: int) -> tuple[str, ...]:
    """Note a JPEG whose data cannot fill its pixels: the decoder leaves the rest blank.

    Baseline coding takes two bits a block at least, for its mean and for its end.
    """
    layers = getattr(image, "layer", None)
    if not layers or image.info.get("progressive"):
        return ()
    (width, height), widest, highest = image.size, max(one[1] for one in layers), max(one[2] for one in layers)
    blocks = sum(
        -(-width * across // (8 * widest)) * -(-height * down // (8 * highest)) for _, across, down, *_ in layers
    )
    if 8 * length >= 2 * blocks:
        return ()
    return (f"the data are too few for {width} x {height} pixels: most of the image is blank",)


def _wrong_size(name: str, came: str) -> InputError:
    return refusal(name, f"has {came}, and images of 1 to {LIMIT_PIXELS} pixels are allowed")


def _check_scans(name: str, data: bytes, kind: str) -> None:
    """Refuse a JPEG with more scans than any encoder writes: each costs a pass over all pixels."""
    if kind == "JPEG" and (scans := data.count(b"\xff\xda")) > LIMIT_SCANS:
        raise refusal(name, f"has {scans} scans, and JPEG images of up to {LIMIT_SCANS} scans are allowed")


def _read_exif(image: Image.Image) -> tuple[Image.Image, dict[str, str], tuple[str, ...]]:
    """Return the upright image, EXIF data on its origin, and notes."""
    try:
        exif = image.getexif()
        found: dict[str, Any] = {key: exif.get(tag) for key, tag in _TAGS.items()}
        taken = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal)
        found["date"] = taken or exif.get(ExifTags.Base.DateTime)
        ImageOps.exif_transpose(image, in_place=True)  # without a copy of one that is upright already
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - Pillow parses them lazily and raises nearly anything; the pixels are sound
        return image, {}, ("the EXIF data are damaged: the image is shown as it is stored",)
    texts = {key: clean(value) for key, value in found.items() if value is not None}
    return image, {key: text for key, text in texts.items() if text}, ()


def _to_rgb(image: Image.Image) -> tuple[Array, tuple[str, ...]]:
    """Convert an image of any mode to (H, W, 3) uint8 RGB, with notes."""
    if image.mode.startswith("I;16"):
        grey = np.rint(np.asarray(image).astype(np.float32) / 257).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2), ()
    if image.mode in ("I", "F"):
        return _stretch(image)
    clear, seen = image.has_transparency_data, False
    width, height = image.size
    pixels = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, _ROWS):  # few rows at a time, as each needs up to four copies
        bottom = min(top + _ROWS, height)
        rows = image.crop((0, top, width, bottom))
        if clear:
            alpha = rows.convert("RGBA")
            seen = seen or alpha.getchannel("A").getextrema() != (255, 255)
            rows = Image.alpha_composite(Image.new("RGBA", alpha.size, "white"), alpha)
        pixels[top:bottom] = np.asarray(rows.convert("RGB"))
    return pixels, ("transparent parts are shown on white",) if seen else ()


def _stretch(image: Image.Image) -> tuple[Array, tuple[str, ...]]:
    """Stretch 32-bit values, which define no white, to (H, W, 3) uint8."""
    width, height = image.size
    strips = [(top, min(top + _ROWS, height)) for top in range(0, height, _ROWS)]  # few floats at a time

    def values(strip: tuple[int, int]) -> Array:
        return np.asarray(image.crop((0, strip[0], width, strip[1])))

    ends = np.array([(part.min(), part.max()) for part in map(values, strips)], np.float64)
    low, high = float(ends[:, 0].min()), float(ends[:, 1].max())
    if not np.isfinite((low, high)).all():  # a NaN among the values is their minimum
        raise ValueError("not finite")
    scale = 255 / (high - low) if high > low else 0
    pixels = np.empty((height, width, 3), np.uint8)
    for strip in strips:
        pixels[strip[0] : strip[1]] = np.rint((values(strip).astype(np.float64) - low) * scale)[..., None]
    return pixels, (f"grey values of {low:.6g} to {high:.6g} are stretched to 0 to 255",)
