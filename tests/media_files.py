"""Images and videos of every accepted kind, made for tests."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

from core.media.open import open_media
from core.types import Media

Bytes = Callable[[], bytes]
VIDEOS = {
    "MP4": ("a.mp4", "libx264"),
    "MOV": ("a.mov", "mpeg4"),
    "AVI": ("a.avi", "mpeg4"),
    "MKV": ("a.mkv", "ffv1"),
    "WebM": ("a.webm", "libvpx-vp9"),
}


def scene(index: int = 0, width: int = 64, height: int = 48) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """A gradient with a bright bar that moves with `index`."""
    y, x = np.mgrid[:height, :width]
    image = np.stack([x * 2, y * 3, 90 + 0 * x], axis=2).astype(np.uint8)
    image[:, (4 * index) % width : (4 * index) % width + 6] = 240
    return image


def image(format: str, image: Image.Image | None = None, **options: Any) -> bytes:
    out = io.BytesIO()
    (image or Image.fromarray(scene())).save(out, format=format, **options)
    return out.getvalue()


def video(folder: Path, name: str, codec: str, frames: int = 12, **options: str) -> bytes:
    """A video of `frames` scenes with a key frame every five, the index in front where there is one."""
    path = folder / name
    front = {"movflags": "faststart"} if path.suffix in (".mp4", ".mov") else {}
    with av.open(path, "w", options=front) as container:
        stream = container.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.gop_size = 5
        if codec == "libx264":
            stream.codec_context.options = {"x264-params": "keyint=5:scenecut=0:threads=1", **options}
        if codec == "libvpx-vp9":
            stream.codec_context.options = {"cpu-used": "8", "deadline": "realtime"}
        for index in range(frames):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(scene(index), format="rgb24")))
        container.mux(stream.encode(None))
    return path.read_bytes()


def long_video(path: Path) -> None:
    """Write a video of 30 MB that takes far longer than a few seconds of processor time to decode.

    A large grey picture, then one that changes nothing, 1,900 times; its list of frames has to be checked by decoding.
    """
    with av.open(path, "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 4096, 2048, "yuv420p"
        grey = av.VideoFrame.from_ndarray(np.full((2048, 4096, 3), 90, np.uint8), format="rgb24")
        first, still = stream.encode(grey) + stream.encode(grey) + stream.encode(None)
        container.mux(first)
        for number in range(1, 1900):
            packet = av.Packet(bytes(still) + bytes(12_000))  # else the file is too small for what it costs
            packet.stream, packet.pts, packet.dts, packet.time_base = stream, number, number, Fraction(1, 25)
            container.mux(packet)


def sound(folder: Path) -> bytes:
    path = folder / "sound.mp4"
    with av.open(path, "w") as container:
        stream = container.add_stream("aac", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path.read_bytes()


def packet_places(data: bytes) -> list[tuple[int, int]]:
    with av.open(io.BytesIO(data)) as container:
        return [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]


def bomb(width: int, height: int) -> bytes:
    """A PNG whose header promises width x height grey pixels, with hardly any data."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(100_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def pixels(data: bytes) -> np.ndarray[Any, np.dtype[np.uint8]]:
    frame = open_media(data).frame()
    assert frame.ndim == 3
    assert frame.shape[2] == 3
    assert frame.dtype == np.uint8
    return frame


def all_frames(media: Media) -> list[np.ndarray[Any, np.dtype[np.uint8]]]:
    pairs = list(media.source.read(tuple(range(media.frames))))
    assert [index for index, _ in pairs] == list(range(media.frames))
    return [frame for _, frame in pairs]
