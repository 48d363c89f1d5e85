"""Uploads: what is read of a video is what a plain decoding of all of it gives."""

from __future__ import annotations

import io
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import av.logging
import numpy as np
import pytest
from media_files import packet_places, scene

from core.media import frame_pixels, ready_frames
from core.media import video as video_module
from core.media.nal_units import nal_format
from core.media.open import evenly_spaced, open_media
from core.media.video import _Clip
from core.sandbox import reading_place

FRAMES = 40
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
Frame = np.ndarray[Any, np.dtype[np.uint8]]


@pytest.fixture(autouse=True)
def _inside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROSOPON_READER", "inside")  # what leaves a process of its own is tested elsewhere


def clip(folder: Path, suffix: str, codec: str, parameters: str, step: Callable[[int], int] = lambda _: 40) -> bytes:
    """A video of `FRAMES` scenes; `step`: milliseconds from a frame to the next."""
    path = folder / f"clip{suffix}"
    with av.open(path, "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        stream.codec_context.options = {"x264-params": f"threads=1:scenecut=0:{parameters}"}
        time = 0
        for index in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(scene(index), format="rgb24")
            frame.pts, frame.time_base = time, Fraction(1, 1000)
            time += step(index)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path.read_bytes()


def edited(data: bytes) -> bytes:
    """Let its edit list leave out the beginning."""
    out = bytearray(data)
    place = out.index(b"elst") + 16
    out[place : place + 4] = (9000).to_bytes(4, "big")
    return bytes(out)


def without(data: bytes, gone: set[int], suffix: str) -> bytes:
    """Leave packets out, as a broken recorder does."""
    out = io.BytesIO()
    with av.open(io.BytesIO(data)) as old, av.open(out, "w", format=suffix) as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for number, packet in enumerate(old.demux(video=0)):
            if packet.dts is not None and number not in gone:
                packet.stream = stream
                new.mux(packet)
    return out.getvalue()


def plainly(data: bytes, frames: int | None = None) -> list[Frame]:
    """Decode everything by one thread."""
    found = []
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        for packet in container.demux(stream):
            try:
                shown = stream.codec_context.decode(packet if packet.size else None)
            except av.error.FFmpegError:
                continue
            found += [cast(Frame, one.to_ndarray(format="rgb24")) for one in shown if not one.is_corrupt]
            if frames is not None and len(found) > frames:
                break
    return found


MADE: dict[str, Callable[[Path], bytes]] = {
    "B-frames": lambda folder: clip(folder, ".mp4", "libx264", "keyint=16:bframes=3:b-pyramid=normal"),
    "one key frame": lambda folder: clip(folder, ".mov", "libx264", "keyint=250:bframes=5"),
    "open groups": lambda folder: clip(folder, ".mkv", "libx264", "keyint=11:bframes=3:open-gop=1"),
    "intra refresh": lambda folder: clip(folder, ".mp4", "libx264", "keyint=11:bframes=2:intra-refresh=1"),
    "interlaced": lambda folder: clip(folder, ".mp4", "libx264", "keyint=16:bframes=3:tff=1"),
    "variable rate": lambda folder: clip(folder, ".mp4", "libx264", "keyint=16", lambda index: 13 + index * 37 % 90),
    "edit list": lambda folder: edited(clip(folder, ".mp4", "libx264", "keyint=16:bframes=3")),
    "reference missing": lambda folder: without(clip(folder, ".mp4", "libx264", "keyint=16:bframes=3"), {6, 9}, "mp4"),
    "AVI": lambda folder: clip(folder, ".avi", "mpeg4", ""),
}


@pytest.mark.parametrize("kind", MADE)
def test_frames_are_those_of_a_plain_decoding(kind: str, tmp_path: Path) -> None:
    data = MADE[kind](tmp_path)
    expected = plainly(data)
    media = open_media(data)
    assert media.frames == len(expected)
    for wanted in (evenly_spaced(media.frames, 5), (media.frames - 1,), (0, 1, 17, 18, 30), tuple(range(media.frames))):
        found = dict(media.source.read(wanted))
        assert tuple(found) == tuple(index for index in wanted if index < media.frames)
        assert all(np.array_equal(frame, expected[index]) for index, frame in found.items())


@pytest.mark.parametrize("damage", ["cut", "overwritten"])
def test_damage_is_found_at_opening_and_leaves_the_same_frames(damage: str, tmp_path: Path) -> None:
    data = bytearray(clip(tmp_path, ".mkv", "libx264", "keyint=16:bframes=3"))
    place, size = max(packet_places(bytes(data))[8:], key=lambda packet: packet[1])  # a key frame
    if damage == "cut":
        del data[place + size // 2 :]
    else:
        data[place + 20 : place + size] = np.random.default_rng(3).bytes(size - 20)
    media = open_media(bytes(data))
    expected = plainly(bytes(data))[: media.frames]
    assert media.frames < FRAMES
    assert "cut off" in media.notes[0] if damage == "cut" else "damaged" in media.notes[0]
    found = dict(media.source.read(tuple(range(media.frames))))
    assert all(np.array_equal(found[index], frame) for index, frame in enumerate(expected))


def test_damage_is_not_told_to_pythons_log(tmp_path: Path) -> None:
    """Its lock would be waited for in the decoder's threads, while whoever closes the decoder holds it."""
    data = bytearray(clip(tmp_path, ".mkv", "libx264", "keyint=16:bframes=3"))
    place, size = max(packet_places(bytes(data))[8:], key=lambda packet: packet[1])
    data[place + 20 : place + size] = np.random.default_rng(3).bytes(size - 20)
    av.logging.set_level(av.logging.ERROR)  # as torchvision does when it is imported
    before = av.logging.get_last_error()
    assert "damaged" in open_media(bytes(data)).notes[0]
    assert av.logging.get_last_error() == before


def test_what_no_wanted_frame_needs_is_not_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    media = open_media(clip(tmp_path, ".mp4", "libx264", "keyint=10:bframes=3"))
    fed: list[int] = []
    needed = _Clip._needed

    def counted(*args: Any) -> Any:
        for packet in needed(*args):
            fed.append(packet.pts)
            yield packet

    monkeypatch.setattr(_Clip, "_needed", counted)
    assert [index for index, _ in media.source.read((3, 35))] == [3, 35]
    assert 2 < len(fed) < 16


def test_only_wanted_frames_are_converted_in_one_pass_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opening reads the file for its packets and decodes it once; what it met is not decoded again."""
    data = clip(tmp_path, ".mp4", "libx264", "keyint=16:bframes=3")
    converted: list[int] = []
    opened: list[bool] = []
    to_rgb, open_clip = frame_pixels.to_rgb, _Clip.opened

    def counted(frame: Any) -> Any:
        converted.append(frame.pts)
        return to_rgb(frame)

    def noted(self: _Clip, *, strict: bool = False) -> Any:
        opened.append(strict)
        return open_clip(self, strict=strict)

    monkeypatch.setattr(video_module, "to_rgb", counted)
    monkeypatch.setattr(_Clip, "opened", noted)
    media = open_media(data, frames=5)
    assert opened == [False, False, True], "the packets, the stream's facts, and one decoding"
    first, *ahead = converted
    assert len(ahead) == len(set(ahead)) == 5
    assert len(list(media.source.read(evenly_spaced(FRAMES, 5)))) == 5
    assert (len(converted), len(opened)) == (6, 3), "the frames lay ready"
    assert [index for index, _ in media.source.read((3, 35))] == [3, 35]
    assert (len(converted), len(opened)) == (8, 4)
    assert first == 0, "the first frame, for the size as it is shown"


def test_parameter_sets_that_say_too_much_are_left_to_the_decoder() -> None:
    assert nal_format("mpeg4", b"\1\2\3") is None
    assert nal_format("h264", b"\0\0\0\1gd") is None
    form = nal_format("h264", bytes.fromhex("0164000affe10000"))
    assert form is not None
    assert form.number_bits == 0
    assert form.units_of(b"\0\0\0\5\x65") is None


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared videos are not here")
def test_shared_videos_come_as_a_plain_decoding_gives_them() -> None:
    paths = sorted(SHARED.rglob("*.mp4"), key=lambda path: path.stat().st_size)[::9]
    for path in paths:
        wanted = evenly_spaced(60, 7)
        media = open_media(path)
        expected = plainly(path.read_bytes(), 60)
        found = dict(media.source.read(wanted))
        assert all(np.array_equal(found[index], expected[index]) for index in wanted)


@pytest.mark.parametrize("reader", [reading_place.APART, "inside"])
def test_frames_of_the_opening_are_those_of_a_plain_decoding_and_handed_over_once(
    reader: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROSOPON_READER", reader)
    data = clip(tmp_path, ".mp4", "libx264", "keyint=16:bframes=3:b-pyramid=normal")
    expected = plainly(data)
    media = open_media(data, frames=5)
    ahead = evenly_spaced(FRAMES, 5)
    ready = cast(Any, media.source).ready
    assert len(ready) == 5
    for wanted in (tuple(range(12)), tuple(range(FRAMES)), ahead):  # some of them, the rest, none
        found = dict(media.source.read(wanted))
        assert tuple(found) == wanted
        assert all(np.array_equal(frame, expected[index]) for index, frame in found.items())
    assert len(ready) == 0


def test_no_frame_of_a_damaged_or_too_large_video_lies_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = clip(tmp_path, ".mkv", "libx264", "keyint=16:bframes=3")
    damaged = bytearray(sound)
    place, size = packet_places(sound)[-3]
    damaged[place + 20 : place + size] = np.random.default_rng(3).bytes(size - 20)
    assert len(cast(Any, open_media(bytes(damaged)).source).ready) == 0
    media = open_media(sound)
    assert len(cast(Any, media.source).ready) == 16
    monkeypatch.setattr(ready_frames, "MAX_BYTES_OF_ALL", 20 * 64 * 48 * 3)
    assert len(cast(Any, open_media(sound).source).ready) == 16
    assert len(cast(Any, media.source).ready) == 0  # the older one gave way
    assert len(list(media.source.read((2, 3)))) == 2
    monkeypatch.setattr(video_module, "MAX_BYTES", 15 * 64 * 48 * 3)
    assert len(cast(Any, open_media(sound).source).ready) == 0
