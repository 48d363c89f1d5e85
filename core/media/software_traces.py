"""Find the places of a file that name the software which made it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..types.provenance import SoftwareTrace, TraceKind
from .exif import as_text
from .sniff import clean

MAX_TRACES, MAX_XMP = 20, 1 << 20
_EXIF = {"Make": "camera", "Model": "camera", "Software": "", "ProcessingSoftware": "", "HostComputer": "other"}
# Text chunks of PNG and other fields of a picture's header; the first three are written by image generators.
_FIELDS = {"parameters": "generator", "prompt": "generator", "workflow": "generator", "Dream": "generator"}
_FIELDS |= {"Software": "", "software": "", "comment": "", "Comment": "", "Creator": "", "Source": ""}
_XMP = (
    re.compile(rb"(xmp:CreatorTool|tiff:Software|photoshop:Credit|aux:Firmware)(?:=[\"']|>)([^\"'<]{1,200})"),
    re.compile(rb"(Iptc4xmpExt:DigitalSourceType)(?:=[\"']|>|[^>]{0,40}rdf:resource=[\"'])([^\"'<]{1,200})"),
)
_KINDS: tuple[tuple[TraceKind, str], ...] = (
    (
        "generator",
        r"stable.?diffusion|midjourney|dall.?e|firefly|comfyui|invokeai|novelai|automatic1111|\bflux\b|imagen|sora|"
        r"(?:composite(?:With)?)?trainedalgorithmicmedia|gpt-?4o|openai|gemini|deepfacelab|faceswap|roop|facefusion",
    ),
    (
        "editor",
        r"photoshop|lightroom|gimp|affinity|pixelmator|snapseed|picsart|facetune|faceapp|meitu|canva|paint|imagemagick|"
        r"premiere|after effects|final cut|davinci|capcut|imovie|handbrake|virtualdub|krita|darktable|capture one",
    ),
    ("encoder", r"lav[cf]|x26[45]|ffmpeg|libvpx|handbrake|gd-jpeg|mencoder|isomedia|gpac|libwebp|pillow|opencv"),
)


def picture_traces(exif: Mapping[str, str], header: Mapping[Any, Any]) -> tuple[SoftwareTrace, ...]:
    """Find traces in EXIF fields and in what Pillow holds of a picture's header."""
    return _first(_in_picture(exif, header))


def video_traces(tags: Mapping[str, str]) -> tuple[SoftwareTrace, ...]:
    """Find traces in a container's tags, each named by where it stands."""
    named = ("encoder", "handler", "make", "model", "software", "comment", "application", "encoded_by")
    return _first(
        SoftwareTrace(place, clean(text), kind_of(text, "camera" if "model" in place or "make" in place else "other"))
        for place, text in tags.items()
        if any(word in place.lower() for word in named) and clean(text)
    )


def kind_of(text: str, otherwise: TraceKind = "other") -> TraceKind:
    """Tell what kind of maker a text names."""
    for kind, pattern in _KINDS:
        if re.search(pattern, text[:2000], re.IGNORECASE):
            return kind
    return otherwise


def _in_picture(exif: Mapping[str, str], header: Mapping[Any, Any]) -> Iterator[SoftwareTrace]:
    for name, default in _EXIF.items():
        if text := exif.get(name):
            yield SoftwareTrace(f"EXIF {name}", text, kind_of(text, default or "other"))  # type: ignore[arg-type]
    for name, default in _FIELDS.items():
        value = header.get(name)
        if isinstance(value, (str, bytes)) and (text := as_text(value)):
            yield SoftwareTrace(f"header {name}", text, default or kind_of(text))  # type: ignore[arg-type]
    xmp = header.get("xmp") or header.get("XML:com.adobe.xmp") or b""
    raw = xmp.encode("utf-8", "replace") if isinstance(xmp, str) else xmp
    for pattern in _XMP if isinstance(raw, bytes) else ():
        for found in pattern.finditer(raw[:MAX_XMP]):  # no XML parser: a hostile one costs nothing more
            text = as_text(found[2])
            yield SoftwareTrace(f"XMP {found[1].decode()}", text, kind_of(text))
    if "photoshop" in header:
        yield SoftwareTrace("header", "Photoshop resource blocks", "editor")


def _first(traces: Iterator[SoftwareTrace]) -> tuple[SoftwareTrace, ...]:
    kept: dict[tuple[str, str], SoftwareTrace] = {}
    for trace in traces:
        kept.setdefault((trace.place, trace.text), trace)
        if len(kept) == MAX_TRACES:
            break
    return tuple(kept.values())
