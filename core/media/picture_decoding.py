"""Decode an image with Pillow, a few rows at a time."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageOps

from ..types import Array, InputError, limits
from .jpeg_data import blank_note
from .sniff import IMAGES, clean, refusal, strip_words

_ROWS = 256  # converted at a time
_TAGS = {"make": ExifTags.Base.Make, "model": ExifTags.Base.Model, "software": ExifTags.Base.Software}


@dataclass(frozen=True, slots=True, eq=False)
class LoadedImage:
    """Hold an image that Pillow has decoded.

    shape: of its pixels; metadata: as text; notes: sentences, complete once all strips were taken.
    """

    name: str
    kind: str
    upright: Image.Image = field(repr=False)
    metadata: dict[str, str]
    notes: list[str]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Return (H, W, 3)."""
        return self.upright.height, self.upright.width, 3

    def strips(self) -> Iterator[Array]:
        """Yield (rows, W, 3) uint8 RGB, from the top down."""
        with _called_damaged(self.name, self.kind):
            yield from _to_rgb(self.upright, self.notes)


def load_image(data: bytes, name: str, kind: str) -> LoadedImage:
    """Decode, once the limits were checked; the first of several images.

    Every failure of the decoder becomes an InputError, here and in the strips.
    """
    with _called_damaged(name, kind):
        # The limits of Pillow itself stay as they are; ours is lower, and a header is enough to check it.
        with Image.open(io.BytesIO(data), formats=list(IMAGES)) as image:
            width, height = image.size
            if min(width, height) < 1 or width * height > _most_pixels(kind):
                raise _wrong_size(name, kind, f"{width} x {height} pixels")
            if strip := strip_words(width, height):
                raise refusal(name, f"has {strip}")
            _check_scans(name, data, kind)
            image.load()
            several = bool(getattr(image, "is_animated", False))
            metadata = {"format": clean(image.format), "mode": image.mode}
            blank = blank_note(image, data)
            upright, exif, notes = _read_exif(image)
            notes += blank
        if several:
            notes = (*notes, "the file holds several images: the first one is used")
        return LoadedImage(name, kind, upright, metadata | exif, list(notes))


def decode_image(data: bytes, name: str, kind: str) -> tuple[Array, dict[str, str], tuple[str, ...]]:
    """Decode to pixels (H, W, 3) uint8 RGB, not writable, metadata and notes."""
    loaded, top = load_image(data, name, kind), 0
    pixels = np.empty(loaded.shape, np.uint8)
    for strip in loaded.strips():
        pixels[top : top + len(strip)] = strip
        top += len(strip)
    pixels.setflags(write=False)
    return pixels, loaded.metadata, tuple(loaded.notes)


@contextlib.contextmanager
def _called_damaged(name: str, kind: str) -> Iterator[None]:
    """Turn what Pillow raises on damaged files into an InputError."""
    try:
        yield
    except (InputError, MemoryError, ImportError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        came = re.search(r"\d+ pixels", str(error))
        raise _wrong_size(name, kind, came[0] if came else "far too many pixels") from error
    except Exception as error:  # the boundary to Pillow, which on damaged files raises nearly anything
        if not _decodes(kind):
            raise
        raise refusal(name, f"is cut off or damaged: this {kind} image cannot be decoded to its end") from error


def _decodes(kind: str) -> bool:
    """Return whether a sound image can be decoded: else no file is called damaged."""
    buffer = io.BytesIO()
    try:
        Image.new("RGB", (8, 8)).save(buffer, kind)
        with Image.open(buffer, formats=list(IMAGES)) as image:
            image.load()
            _read_exif(image)
            return next(_to_rgb(image, [])).shape == (8, 8, 3)
    except Exception:  # noqa: BLE001 - whatever it is, it is not the file's fault
        return False


def _most_pixels(kind: str) -> int:
    return limits.MAX_WEBP_PIXELS if kind == "WEBP" else limits.MAX_PIXELS


def _wrong_size(name: str, kind: str, came: str) -> InputError:
    images = "WebP images" if kind == "WEBP" else "images"
    return refusal(name, f"has {came}, and {images} of 1 to {_most_pixels(kind)} pixels are allowed")


def _check_scans(name: str, data: bytes, kind: str) -> None:
    """Refuse a JPEG with more scans than any encoder writes.

    Each costs a pass over all pixels.
    """
    if kind == "JPEG" and (scans := data.count(b"\xff\xda")) > limits.MAX_SCANS:
        raise refusal(name, f"has {scans} scans, and JPEG images of up to {limits.MAX_SCANS} scans are allowed")


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


def _to_rgb(image: Image.Image, notes: list[str]) -> Iterator[Array]:
    """Convert an image of any mode to strips (rows, W, 3) uint8 RGB.

    What was changed is noted.
    """
    if image.mode in ("I", "F"):
        yield from _stretch(image, notes)
        return
    clear, seen = image.has_transparency_data, False
    for rows in _rows(image):  # few at a time, as each needs up to four copies
        if image.mode.startswith("I;16"):
            grey = np.rint(np.asarray(rows).astype(np.float32) / 257).astype(np.uint8)
            yield np.repeat(grey[..., None], 3, axis=2)
            continue
        if clear:
            alpha = rows.convert("RGBA")
            seen = seen or alpha.getchannel("A").getextrema() != (255, 255)
            rows = Image.alpha_composite(Image.new("RGBA", alpha.size, "white"), alpha)
        yield np.asarray(rows.convert("RGB"))
    if seen:
        notes.append("transparent parts are shown on white")


def _rows(image: Image.Image) -> Iterator[Image.Image]:
    width, height = image.size
    for top in range(0, height, _ROWS):
        yield image.crop((0, top, width, min(top + _ROWS, height)))


def _stretch(image: Image.Image, notes: list[str]) -> Iterator[Array]:
    """Stretch 32-bit values, which define no white, to (rows, W, 3) uint8."""
    ends = np.array([(part.min(), part.max()) for part in map(np.asarray, _rows(image))], np.float64)
    low, high = float(ends[:, 0].min()), float(ends[:, 1].max())
    if not np.isfinite((low, high)).all():  # a NaN among the values is their minimum
        raise ValueError("not finite")
    scale = 255 / (high - low) if high > low else 0
    for part in map(np.asarray, _rows(image)):
        grey = np.rint((part.astype(np.float64) - low) * scale).astype(np.uint8)
        yield np.repeat(grey[..., None], 3, axis=2)
    notes.append(f"grey values of {low:.6g} to {high:.6g} are stretched to 0 to 255")
