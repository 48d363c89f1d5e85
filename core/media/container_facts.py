"""Read what a file's container and coding say, without decoding frames."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Iterator
from typing import Any

from PIL import Image, ImageCms, JpegImagePlugin

from ..types import limits
from ..types.provenance import Location
from .content_credentials import Source
from .quiet_av import av
from .sniff import DEMUXERS, clean

Facts = dict[str, str | int | float]
MAX_TAGS, MAX_STREAMS = 40, 8
_ISO_6709 = re.compile(r"([+-])(\d{1,6})(\.\d{1,12})?([+-])(\d{1,7})(\.\d{1,12})?(?=[+\-/C]|$)")
_SUBSAMPLING = {0: "4:4:4", 1: "4:2:2", 2: "4:2:0"}


def picture_facts(image: Image.Image, length: int) -> Facts:
    """Return the facts of an opened picture of `length` bytes."""
    found: Facts = {"format": clean(image.format), "mode": image.mode, "bytes": length}
    found |= {"width": image.width, "height": image.height}
    if image.format == "JPEG":
        found["progressive"] = "yes" if image.info.get("progressive") else "no"
        sampling = JpegImagePlugin.get_sampling(image)
        if sampling in _SUBSAMPLING:
            found["chroma subsampling"] = _SUBSAMPLING[sampling]
    if (dpi := image.info.get("dpi")) and all(isinstance(float(one), float) for one in dpi[:2]):
        found["dots per inch"] = f"{float(dpi[0]):.0f} x {float(dpi[1]):.0f}"
    if (profile := image.info.get("icc_profile")) and (name := _profile_name(profile)):
        found["colour profile"] = name
    return found


def _profile_name(profile: bytes) -> str:
    try:
        return clean(ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile))))
    except Exception:  # noqa: BLE001 - the boundary to LittleCMS, which is fed untrusted bytes
        return "one that cannot be read"


def video_facts(source: Source, container: str) -> tuple[Facts, dict[str, str]]:
    """Return facts of a sound video, and its tags by place.

    Args:
        source: its path, bytes or open file.
        container: a key of `DEMUXERS`.
    """
    with _opened(source, DEMUXERS[container]) as opened:
        length = len(source) if isinstance(source, bytes) else source.stat().st_size
        found: Facts = {"format": container, "bytes": length}
        if opened.duration:
            found["seconds"] = round(opened.duration / av.time_base, 3)
        if opened.bit_rate:
            found["bit rate in kbit/s"] = round(opened.bit_rate / 1000)
        tags = _tags("container", opened.metadata)
        for number, stream in enumerate(list(opened.streams)[:MAX_STREAMS], 1):
            found[f"stream {number}"] = _stream(stream)
            tags |= _tags(f"stream {number}", stream.metadata)
        for name in ("major_brand", "creation_time"):
            if text := tags.get(f"container {name}"):
                found[name.replace("_", " ")] = text
    return found, dict(list(tags.items())[:MAX_TAGS])


def video_location(source: Source, container: str) -> Location | None:
    """Return where a video's tags say that it was recorded (ISO 6709), or None.

    Args:
        source: its path, bytes or open file.
        container: a key of `DEMUXERS`.
    """
    with _opened(source, DEMUXERS[container]) as opened:
        tagged = [opened.metadata, *(stream.metadata for stream in list(opened.streams)[:MAX_STREAMS])]
        texts = [text for one in tagged for key, text in list(one.items())[:MAX_TAGS] if is_place(key)]
    return next((found for text in texts if (found := place_of(clean(text)))), None)


def is_place(tag: str) -> bool:
    """Tell whether a tag of a video says where it was recorded."""
    return "location" in tag.lower() or "\u00a9xyz" in tag.lower()


def place_of(text: str) -> Location | None:
    """Read a place as ISO 6709 writes it, or return None.

    In degrees, such as +52.5-013.4+30.0/, or with minutes and seconds.
    """
    found = _ISO_6709.match(text.strip())
    if found is None:
        return None
    latitude, longitude = _degrees(*found.group(1, 2, 3), whole=2), _degrees(*found.group(4, 5, 6), whole=3)
    return Location(latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def _degrees(sign: str, digits: str, fraction: str | None, *, whole: int) -> float:
    """Compute degrees of DD, DDMM or DDMMSS; longitudes have a digit more.

    The last part may have a fraction.
    """
    parts = [digits] if len(digits) <= whole else [digits[:whole], *re.findall("..?", digits[whole:])]
    parts[-1] += fraction or ""
    return float(f"{sign}1") * sum(float(part) / 60**power for power, part in enumerate(parts))


@contextlib.contextmanager
def _opened(source: Source, demuxer: str) -> Iterator[Any]:
    most = {"max_pixels": str(limits.MAX_PIXELS)}
    with (
        io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file,
        # The demuxer is named and reads from a file that is open: no address inside of it is followed.
        av.open(file, format=demuxer, metadata_errors="replace", options=most) as found,
    ):
        yield found


def _tags(place: str, metadata: Any) -> dict[str, str]:
    return {f"{place} {clean(key, 40)}": clean(text) for key, text in list(metadata.items())[:MAX_TAGS] if clean(text)}


def _stream(stream: Any) -> str:
    codec = stream.codec_context
    parts = [stream.type, codec.name if codec else "a coding that is not known here"]
    if codec and stream.type == "video":
        parts += [str(codec.profile or ""), f"{codec.width} x {codec.height}", str(codec.pix_fmt or "")]
        parts.append(f"{float(stream.average_rate):.6g} frames a second" if stream.average_rate else "")
    if codec and stream.type == "audio":
        parts += [f"{codec.sample_rate} Hz", f"{codec.channels} channels" if codec.channels else ""]
    if codec and codec.bit_rate:
        parts.append(f"{codec.bit_rate / 1000:.0f} kbit/s")
    return clean(", ".join(part for part in parts if part))
