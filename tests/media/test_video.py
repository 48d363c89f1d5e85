"""Uploads: videos come out right, frame by frame, and which frames are judged."""

from __future__ import annotations

import errno
import gc
import hashlib
import itertools
import json
import random
import struct
from pathlib import Path

import av
import numpy as np
import pytest
from media_files import VIDEOS, all_frames, packet_places, scene, video

from core.media.open import evenly_spaced, open_media
from core.selftest.hostile_media import still_video
from core.types import InputError


@pytest.mark.parametrize("container", VIDEOS)
def test_video_containers(container: str, tmp_path: Path) -> None:
    name, codec = VIDEOS[container]
    data = video(tmp_path, name, codec)
    media = open_media(tmp_path / name)
    assert (media.kind, media.size, media.frames, media.notes) == ("video", (64, 48), 12, ())
    assert media.fps == pytest.approx(10, rel=0.01)
    assert media.id == hashlib.sha256(data).hexdigest()
    assert media.metadata["container"] == container
    assert {"codec", "duration", "bit rate"} <= set(media.metadata)
    json.dumps(dict(media.metadata))
    frames = all_frames(media)
    for index in (0, 5, 11):
        assert np.abs(frames[index].astype(int) - scene(index)).mean() < 25
    held = open_media(data)
    assert (held.id, held.frames) == (media.id, 12)
    assert np.array_equal(held.frame(7), frames[7])


@pytest.mark.parametrize("container", VIDEOS)
def test_reading_a_frame_never_depends_on_what_was_read_before(container: str, tmp_path: Path) -> None:
    media = open_media(video(tmp_path, *VIDEOS[container], frames=23))
    frames = all_frames(media)
    order = random.Random(1).sample(range(23), 23)
    assert all(np.array_equal(media.frame(index), frames[index]) for index in order)
    some = list(media.source.read((6, 7, 15, 22, 99)))
    assert [index for index, _ in some] == [6, 7, 15, 22]
    assert all(np.array_equal(frame, frames[index]) for index, frame in some)
    one, two = media.source.read((3, 20)), media.source.read((3, 20))
    pairs = list(itertools.chain(*zip(one, two, strict=True)))
    assert all(np.array_equal(frame, frames[index]) for index, frame in pairs)
    with pytest.raises(InputError, match="0 to 22"):
        media.frame(23)


@pytest.mark.parametrize("reader", ["apart", "inside"])
def test_an_open_reading_can_be_given_up_and_nobody_changes_its_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: str
) -> None:
    monkeypatch.setenv("PROSOPON_READER", reader)
    media = open_media(video(tmp_path, "a.mp4", "libx264"))
    reading = media.source.read((0, 5))
    with pytest.raises(ValueError, match="read-only"):
        next(reading)[1][:] = 0
    reading.close()  # type: ignore[attr-defined]
    assert media.frame(0).max() > 100


def test_a_frame_that_was_read_takes_no_memory_and_no_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROSOPON_READER", "inside")
    media = open_media(video(tmp_path, "a.mp4", "libx264", frames=40))
    threads = set(Path("/proc/self/task").glob("*"))
    gc.collect()
    before = sum(type(one) is av.VideoFrame for one in gc.get_objects())  # a failed test's traceback holds some
    gc.disable()  # what is freed by it alone runs a reader out of its memory
    try:
        for _ in media.source.read(tuple(range(40))):
            pass
        assert sum(type(one) is av.VideoFrame for one in gc.get_objects()) <= before + 2
        assert not set(Path("/proc/self/task").glob("*")) - threads
    finally:
        gc.enable()


def test_a_long_video_is_counted_by_its_index_with_the_same_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROSOPON_READER", "inside")  # where the patch below is heeded
    data = video(tmp_path, "a.mp4", "libx264", frames=20)
    counted = open_media(data)
    monkeypatch.setattr("core.media.video._CHECKED_PIXELS", 1)
    trusted = open_media(data)
    assert trusted.frames == counted.frames == 20
    assert all(np.array_equal(one, two) for one, two in zip(all_frames(counted), all_frames(trusted), strict=True))


def test_a_decoder_without_memory_does_not_call_the_video_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted(frame: object) -> None:
        raise av.error.MemoryError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setenv("PROSOPON_READER", "inside")  # where the patch is heeded
    monkeypatch.setattr("core.media.video.to_rgb", exhausted)
    with pytest.raises(InputError, match="needs more memory to be decoded than it may take, or is damaged"):
        open_media(video(tmp_path, "a.mp4", "libx264"))


def test_a_video_that_has_to_be_decoded_whole_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROSOPON_READER", "inside")  # where the patches below are heeded
    monkeypatch.setattr("core.media.video._CHECKED_PIXELS", 1)
    monkeypatch.setattr("core.types.limits.MAX_DECODED_PIXELS", 20 * scene(0).size // 3 - 1)
    with monkeypatch.context() as lower:
        lower.setattr("core.media.video.check_judged", lambda *_: None)
        assert open_media(video(tmp_path, "a.mp4", "libx264", frames=20)).frames == 20
    assert open_media(video(tmp_path, "a.avi", "mpeg4", frames=19)).frames == 19
    with pytest.raises(InputError, match=r"has 20 frames of .* cannot be trusted.* pixels are allowed then"):
        open_media(video(tmp_path, "b.avi", "mpeg4", frames=20))
    monkeypatch.setattr("core.types.limits.MAX_DECODED_PIXELS", 10**9)
    monkeypatch.setattr("core.types.limits.FREE_DECODED_PIXELS", 1000)
    monkeypatch.setattr("core.types.limits.DECODED_PIXELS_A_BYTE", 40)
    assert open_media(video(tmp_path, "c.avi", "mpeg4", frames=19)).frames == 19
    still = still_video("avi", "mpeg4", 300, (64, 48))
    with pytest.raises(
        InputError, match=r"has 300 frames of 64 x 48 pixels, .* pixels of a file of 0\.0 MB are allowed"
    ):
        open_media(still)
    monkeypatch.setattr("core.types.limits.DECODED_PIXELS_A_BYTE", 1)
    dense = video(tmp_path, "d.avi", "libx264", frames=20)
    assert open_media(dense).frames == 20, "H.264 may be compressed harder"
    monkeypatch.setattr("core.media.video_budget._DENSE", ())
    with pytest.raises(InputError, match="has 20 frames of 64 x 48 pixels"):
        open_media(dense)


def test_what_a_verdict_has_to_decode_is_bounded_by_the_key_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROSOPON_READER", "inside")  # where the patches below are heeded
    monkeypatch.setattr("core.media.video._CHECKED_PIXELS", 1)
    monkeypatch.setattr("core.types.limits.MAX_JUDGED_PIXELS", 100 * 64 * 48)
    monkeypatch.setattr("core.types.limits.DECODED_PIXELS_A_BYTE", 0)
    still = still_video("webm", "libvpx-vp9", 200, (64, 48))  # one key frame
    with pytest.raises(InputError, match=r"from 1 of its frames .* 194 frames of 64 x 48 pixels, .* to read 16; up to"):
        open_media(still)
    assert open_media(video(tmp_path, "a.webm", "libvpx-vp9", frames=200)).frames == 200, "a key frame every five"
    monkeypatch.setattr("core.types.limits.DECODED_PIXELS_A_BYTE", -(-94 * 64 * 48 // len(still)))
    assert open_media(still).frames == 200, "a larger file may have fewer"
    monkeypatch.setattr("core.types.limits.DECODED_PIXELS_A_BYTE", 0)
    monkeypatch.setattr("core.types.limits.MAX_JUDGED_PIXELS", 194 * 64 * 48)
    assert open_media(still).frames == 200


def test_a_video_of_one_frame(tmp_path: Path) -> None:
    media = open_media(video(tmp_path, "a.mp4", "libx264", frames=1))
    assert media.frames == 1
    assert media.fps > 0
    assert media.frame().shape == (48, 64, 3)


@pytest.mark.parametrize(("matrix", "turns"), [((0, 1, -1, 0), -1), ((-1, 0, 0, -1), 2), ((0, -1, 1, 0), 1)])
def test_a_turned_video(matrix: tuple[int, int, int, int], turns: int, tmp_path: Path) -> None:
    data = bytearray(video(tmp_path, "a.mp4", "libx264", frames=2))
    straight = open_media(bytes(data)).frame()
    a, b, c, d = (value << 16 for value in matrix)
    place = data.index(b"tkhd") + 44  # where version 0 of the track header has its display matrix
    data[place : place + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    media = open_media(bytes(data))
    assert np.array_equal(media.frame(), np.rot90(straight, turns))
    assert media.size == (media.frame().shape[1], media.frame().shape[0])


@pytest.mark.parametrize("matrix", [(-1, 0, 0, 1), (1, 0, 0, -1), (0, 1, 1, 0), (0, -1, -1, 0)])
def test_a_mirrored_video(matrix: tuple[int, int, int, int], tmp_path: Path) -> None:
    data = bytearray(video(tmp_path, "a.mp4", "libx264", frames=2))
    straight = open_media(bytes(data)).frame()
    a, b, c, d = (value << 16 for value in matrix)
    place = data.index(b"tkhd") + 44
    data[place : place + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    turned = {
        (-1, 0, 0, 1): straight[:, ::-1],
        (1, 0, 0, -1): straight[::-1],
        (0, 1, 1, 0): straight.swapaxes(0, 1),
        (0, -1, -1, 0): straight[::-1, ::-1].swapaxes(0, 1),
    }[matrix]
    assert np.array_equal(open_media(bytes(data)).frame(), turned)


@pytest.mark.parametrize(
    ("box", "place", "value"), [(b"stsz", 12, 1), (b"stsz", 12, 8), (b"mdhd", 16, 12_800_000), (b"stts", 12, 1)]
)
def test_a_patched_table_or_time_scale_is_judged_whole_or_noted(
    box: bytes, place: int, value: int, tmp_path: Path
) -> None:
    data = bytearray(video(tmp_path, "a.mp4", "libx264", frames=16))
    place += data.index(box)
    data[place : place + 4] = value.to_bytes(4, "big")
    media = open_media(bytes(data))
    assert media.frames == 16 or any("frames" in note for note in media.notes)
    assert open_media(video(tmp_path, "b.mp4", "libx264", frames=16)).notes == ()


def test_a_library_that_does_not_fit_calls_no_file_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = video(tmp_path, "a.mp4", "libx264", frames=2)

    def gone(*_: object) -> None:
        raise AttributeError("'VideoFrame' object has no attribute 'rotation'")

    monkeypatch.setenv("PROSOPON_READER", "inside")  # what is replaced here is not replaced in other processes
    monkeypatch.setattr("core.media.video.to_rgb", gone)
    with pytest.raises(AttributeError, match="no attribute"):
        open_media(data)


@pytest.mark.parametrize("container", VIDEOS)
def test_a_cut_off_video_counts_what_is_there(container: str, tmp_path: Path) -> None:
    data = video(tmp_path, *VIDEOS[container])
    media = open_media(data[: packet_places(data)[7][0] + 10])
    assert 3 <= media.frames <= 8
    assert f"cut off: {media.frames} of 12 frames could be read" in media.notes[0]
    all_frames(media)


def test_damaged_packets_are_left_out_and_noted(tmp_path: Path) -> None:
    data = bytearray(video(tmp_path, "a.mp4", "libx264", frames=20))
    for place, size in packet_places(bytes(data))[7:9]:
        data[place : place + size] = b"\xff" * size
    media = open_media(bytes(data))
    assert 10 <= media.frames < 20
    assert f"{media.frames} could be read" in media.notes[0]
    assert "damaged" in media.notes[0]
    assert np.array_equal(all_frames(media)[-1], media.frame(media.frames - 1))


def test_a_file_that_goes_away_is_an_input_error(tmp_path: Path) -> None:
    video(tmp_path, "a.mp4", "libx264")
    media = open_media(tmp_path / "a.mp4")
    (tmp_path / "a.mp4").unlink()
    with pytest.raises(InputError, match="cannot be read"):
        media.frame()


@pytest.mark.parametrize(("frames", "count"), [(338, 20), (10, 9), (1, 1), (7, 1), (100_000, 333), (5, 5), (3, 8)])
def test_spread(frames: int, count: int) -> None:
    places = evenly_spaced(frames, count)
    assert len(places) == min(frames, count)
    assert list(places) == sorted(set(places))
    assert 0 <= places[0] <= places[-1] < frames
    if len(places) > 1:
        steps = np.diff(places)
        assert steps.max() - steps.min() <= 1
    assert evenly_spaced(frames, count) == places


def test_spread_of_nothing() -> None:
    assert evenly_spaced(0, 5) == evenly_spaced(5, 0) == evenly_spaced(5, -1) == ()
