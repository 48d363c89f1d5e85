"""Make small pictures and videos, damage them, and make bombs of them."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache

import numpy as np
from PIL import Image

from ..media.quiet_av import av
from ..storage.leftovers import temporary_folder
from ..types import Array
from .hostile_pictures import PICTURES

KINDS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF")
CODECS = {"mp4": "libx264", "mov": "mpeg4", "avi": "mpeg4", "mkv": "ffv1", "webm": "libvpx-vp9"}
_WIDTH, _HEIGHT, _FRAMES = 64, 48, 12


@cache
def pictures() -> dict[str, bytes]:
    """Return a sound picture of each kind.

    With and without transparency, of 8 and 32 bits.
    """
    clear = Image.fromarray(np.dstack([_scene(0), np.full((_HEIGHT, _WIDTH), 100, np.uint8)]))
    grey = Image.fromarray(_scene(0)[..., 0].astype(np.float32))
    made = {kind: _encoded(Image.fromarray(_scene(0)), kind) for kind in KINDS}
    made["progressive JPEG"] = _encoded(Image.fromarray(_scene(0)), "JPEG", progressive=True)
    return made | {"clear PNG": _encoded(clear, "PNG"), "float TIFF": _encoded(grey, "TIFF")}


@cache
def videos() -> dict[str, bytes]:
    """Return a sound video of each container."""
    return {ending: _video(ending, codec) for ending, codec in CODECS.items()}


def damaged(sound: Mapping[str, bytes], rng: np.random.Generator) -> tuple[str, bytes]:
    """Damage one of the files, and return its name with what was done.

    Bytes are changed, cut off, doubled, or filled with what sizes and counts like least.
    """
    name = list(sound)[rng.integers(len(sound))]
    data = bytearray(sound[name])
    how = int(rng.integers(5))
    place = int(rng.integers(len(data) if rng.random() < 0.5 else min(len(data), 256)))
    if how == 0:
        for at in rng.integers(0, len(data), int(rng.integers(1, 16))):
            data[at] = int(rng.integers(256))
    elif how == 1:
        data[place] ^= 1 << int(rng.integers(8))
    elif how == 2:
        del data[max(place, 1) :]
    elif how == 3:
        data[place:place] = data[place : place + int(rng.integers(1, 64))]
    else:
        worst = (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\x80\0\0\0")[rng.integers(4)]
        data[place : place + 4] = worst
    return f"{name}, damage {how} at {place}", bytes(data)


def _scene(index: int) -> Array:
    y, x = np.mgrid[:_HEIGHT, :_WIDTH]
    pixels = np.stack([x * 2, y * 3, 90 + 0 * x], axis=2).astype(np.uint8)
    pixels[:, 4 * index : 4 * index + 6] = 240
    return pixels


def _encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _video(ending: str, codec: str) -> bytes:
    with temporary_folder() as folder:
        path = folder / f"a.{ending}"
        with av.open(path, "w") as container:
            stream = container.add_stream(codec, rate=Fraction(10))
            stream.width, stream.height, stream.pix_fmt = _WIDTH, _HEIGHT, "yuv420p"
            stream.codec_context.gop_size = 5
            for index in range(_FRAMES):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(_scene(index), format="rgb24")))
            container.mux(stream.encode(None))
        return path.read_bytes()


def still_video(ending: str, codec: str, frames: int, size: tuple[int, int]) -> bytes:
    """Return a video whose frames but the first say that nothing has changed.

    Args:
        ending: of its container.
        codec: an encoder.
        frames: of it, the first of which is its only key frame.
        size: (width, height).
    """
    with temporary_folder() as folder:
        path = folder / f"a.{ending}"
        with av.open(path, "w") as container:
            stream = container.add_stream(codec, rate=Fraction(25))
            (stream.width, stream.height), stream.pix_fmt = size, "yuv420p"
            stream.codec_context.gop_size = frames
            if codec == "libvpx-vp9":
                stream.codec_context.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
            black = av.VideoFrame.from_ndarray(np.zeros((*size[::-1], 3), np.uint8), format="rgb24")
            packets = [packet for _ in range(2) for packet in stream.encode(black)]
            still = bytes(packets[-1])
            container.mux(packets)
            for number in range(len(packets), frames):
                packet = av.Packet(still)
                packet.stream, packet.time_base = stream, stream.codec_context.time_base
                packet.pts = packet.dts = number
                container.mux(packet)
        return path.read_bytes()


def _promise(width: int, height: int) -> bytes:
    """Return a PNG whose header promises width x height grey pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(min(50_000_000, height * (width + 1))), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _scans() -> bytes:
    """Return a JPEG of 4,000 scans."""
    progressive = pictures()["progressive JPEG"]
    end = progressive.rindex(b"\xff\xd9")
    return progressive[:end] + b"\xff\xda\0\x08\x01\x01\0\0\x3f\0" * 4_000 + progressive[end:]


# Small files that promise, or cost, far more than they hold, by name.
BOMBS: dict[str, Callable[[], bytes]] = {
    "PNG of 5,000 x 1": lambda: _encoded(Image.new("1", (5000, 1)), "PNG"),
    "PNG of 1 x 50,000,000": lambda: _promise(1, 50_000_000),
    "PNG of 30,000 x 30,000": lambda: _promise(30_000, 30_000),
    "PNG of 7,000 x 7,000": lambda: _promise(7_000, 7_000),
    "JPEG of 4,000 scans": _scans,
    "float TIFF of 7,000 x 7,000": PICTURES["F TIFF of 7,000 x 7,000"],
    "AVI of 500 frames of 4,096 x 2,160": lambda: still_video("avi", "mpeg4", 500, (4096, 2160)),
    "WebM of 4,000 frames of 4,096 x 2,160, one a key": lambda: still_video("webm", "libvpx-vp9", 4000, (4096, 2160)),
}
HAND_MADE = len(BOMBS)
BOMBS |= PICTURES
