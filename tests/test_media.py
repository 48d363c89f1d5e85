"""Uploads: what is accepted comes out right, everything else is refused with one clear sentence."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import random
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from core.media import LIMIT_BYTES, open_media, spread
from core.types import InputError, Media

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
    picture = np.stack([x * 2, y * 3, 90 + 0 * x], axis=2).astype(np.uint8)
    picture[:, (4 * index) % width : (4 * index) % width + 6] = 240
    return picture


def picture(format: str, image: Image.Image | None = None, **options: Any) -> bytes:
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


# Pictures


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "BMP", "TIFF"])
def test_a_picture_is_recognised_by_content(format: str, tmp_path: Path) -> None:
    data = picture(format, lossless=True) if format == "WEBP" else picture(format)
    path = tmp_path / "wrong.mp4"
    path.write_bytes(data)
    media = open_media(path)
    assert (media.kind, media.size, media.frames, media.fps, media.notes) == ("image", (64, 48), 1, 0.0, ())
    assert media.id == hashlib.sha256(data).hexdigest() == open_media(data).id
    assert media.metadata["format"] == format
    assert np.abs(media.frame().astype(int) - scene()).mean() < (4 if format == "JPEG" else 1e-9)
    assert list(media.source.read((1, 2))) == []


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_exif_orientation_is_honoured(format: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Maker\n\x07" + "x" * 500
    turned = np.rot90(scene(3), {1: 0, 3: 2, 6: -1, 8: 1}[orientation])
    media = open_media(picture(format, Image.fromarray(scene(3)), exif=exif))
    assert media.size == (turned.shape[1], turned.shape[0])
    assert np.abs(media.frame().astype(int) - turned).mean() < 8
    assert media.metadata["make"].startswith("Maker x")
    assert len(media.metadata["make"]) == 200
    json.dumps(dict(media.metadata))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_exif_does_not_refuse_a_sound_picture() -> None:
    media = open_media(picture("JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f" + b"\xff" * 30))
    assert media.size == (64, 48)


def test_alpha_lies_on_white() -> None:
    clear = Image.new("RGBA", (4, 2), (200, 0, 0, 0))
    clear.putpixel((1, 0), (200, 0, 0, 255))
    media = open_media(picture("PNG", clear))
    assert media.frame()[0, :2].tolist() == [[255, 255, 255], [200, 0, 0]]
    assert "white" in media.notes[0]
    assert open_media(picture("PNG", Image.new("RGBA", (4, 2), (9, 9, 9, 255)))).notes == ()


def test_palette_with_a_transparent_entry() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putpixel((1, 0), 1)
    assert pixels(picture("PNG", image)).tolist() == [[[10, 20, 30], [40, 50, 60]]]
    assert pixels(picture("PNG", image, transparency=0)).tolist() == [[[255, 255, 255], [40, 50, 60]]]


@pytest.mark.parametrize("mode", ["1", "L", "LA"])
def test_grey_has_three_equal_channels(mode: str) -> None:
    frame = pixels(picture("PNG", Image.new(mode, (5, 3), 1 if mode == "1" else 77 if mode == "L" else (77, 255))))
    assert frame.shape == (3, 5, 3)
    assert frame.min() == frame.max() == (255 if mode == "1" else 77)


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_sixteen_bit_is_scaled_and_not_clipped(format: str) -> None:
    values = np.array([[0, 257, 25_700, 65_535]], np.uint16)
    assert pixels(picture(format, Image.fromarray(values)))[0, :, 1].tolist() == [0, 1, 100, 255]


def test_floating_point_is_stretched_and_noted() -> None:
    media = open_media(picture("TIFF", Image.fromarray(np.array([[0.0, 0.5, 1.0]], np.float32))))
    assert media.frame()[0, :, 0].tolist() == [0, 128, 255]
    assert "stretched" in media.notes[0]


def test_cmyk_jpeg() -> None:
    frame = pixels(picture("JPEG", Image.new("CMYK", (8, 8), (0, 255, 255, 0)), quality=95))
    assert np.abs(frame.astype(int) - [255, 0, 0]).max() < 12


@pytest.mark.parametrize("format", ["PNG", "WEBP", "TIFF"])
def test_of_several_pictures_the_first_is_used(format: str) -> None:
    more = [Image.fromarray(scene(5))]
    options = {"lossless": True} if format == "WEBP" else {}
    media = open_media(picture(format, save_all=True, append_images=more, **options))
    assert np.array_equal(media.frame(), scene())
    assert "first" in media.notes[0]


def test_names_are_cleaned() -> None:
    data = picture("PNG")
    assert open_media(data, "C:\\secret\\../a\x1b[31m\nb\u202e.png").name == "a [31m b .png"
    assert open_media(data, "\0").name == "unnamed"
    assert len(open_media(data, "x" * 900).name) == 200


# Videos


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


def test_an_open_reading_can_be_given_up_and_the_frames_are_writable(tmp_path: Path) -> None:
    media = open_media(video(tmp_path, "a.mp4", "libx264"))
    reading = media.source.read((0, 5))
    next(reading)[1][:] = 0
    reading.close()  # type: ignore[attr-defined]
    assert media.frame(0).max() > 100


def test_a_long_video_is_counted_by_its_index_with_the_same_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = video(tmp_path, "a.mp4", "libx264", frames=20)
    counted = open_media(data)
    monkeypatch.setattr("core.video._CHECKED_PIXELS", 1)
    trusted = open_media(data)
    assert trusted.frames == counted.frames == 20
    assert all(np.array_equal(one, two) for one, two in zip(all_frames(counted), all_frames(trusted), strict=True))


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


# Refusals


def ftyp(brand: bytes) -> bytes:
    return b"\0\0\0\x18ftyp" + brand + bytes(12)


REFUSED: list[tuple[str, bytes | Bytes, str]] = [
    ("empty.jpg", b"", r"empty \(0 bytes\)"),
    ("text.jpg", b"Dear Sir or Madam, \xc3\xa4", "is text"),
    ("noise.png", bytes(range(256)) * 4, "no picture or video"),
    ("moving.gif", lambda: picture("GIF"), "is GIF"),
    ("phone.heic", ftyp(b"heic"), "is HEIC"),
    ("new.avif", ftyp(b"avif"), "is AVIF"),
    ("new.heif", b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif", "is AVIF"),
    ("line.svg", b'<?xml version="1.0"?>\n<svg xmlns="x"/>', "is SVG"),
    ("paper.pdf", b"%PDF-1.7 ...", "is PDF"),
    ("voice.wav", b"RIFF\x24\0\0\0WAVEfmt ", "is WAV"),
    ("cut.jpg", lambda: picture("JPEG")[:-300], "cut off"),
    ("cut.png", lambda: picture("PNG")[:100], "cut off"),
    ("cut.webp", lambda: picture("WEBP")[:-200], "cut off"),
    ("cut.bmp", lambda: picture("BMP")[:-300], "cut off"),
    ("cut.tif", lambda: picture("TIFF")[:-300], "cut off"),
    ("start.jpg", lambda: picture("JPEG")[:3], "cut off"),
    ("start.png", lambda: picture("PNG")[:20], "cut off"),
    ("bomb.png", lambda: bomb(30_000, 30_000), r"900000000 pixels.* 1 to 50000000 pixels"),
    ("large.png", lambda: bomb(8_000, 7_000), r"8000 x 7000 pixels.* 1 to 50000000 pixels"),
    ("flat.png", lambda: bomb(0, 5), "cut off or damaged|0 x 5"),
    ("start.mp4", ftyp(b"isom"), "moov"),
    ("start.avi", b"RIFF\xff\0\0\0AVI LIST", "damaged"),
    ("start.mkv", b"\x1a\x45\xdf\xa3\x01\0", "damaged"),
]


@pytest.mark.parametrize(("name", "content", "words"), REFUSED, ids=[row[0] for row in REFUSED])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_refusals(name: str, content: bytes | Bytes, words: str, tmp_path: Path) -> None:
    data = content if isinstance(content, bytes) else content()
    (tmp_path / name).write_bytes(data)
    for source in (tmp_path / name, data):
        with pytest.raises(InputError, match=words) as raised:
            open_media(source, name)
        sentence = str(raised.value)
        assert name in sentence
        assert "JPEG, PNG, WebP, BMP and TIFF pictures and MP4, MOV, AVI, MKV and WebM videos" in sentence
        assert "\n" not in sentence


def test_refused_videos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="no video stream"):
        open_media(sound(tmp_path))
    data = video(tmp_path, "a.mp4", "libx264")
    with pytest.raises(InputError, match=r"cut off: the index \(moov\)"):
        open_media(data[: data.index(b"moov") + 200])
    with pytest.raises(InputError, match="no frame that can be decoded"):
        open_media(data[: packet_places(data)[0][0] + 20])
    monkeypatch.setattr("core.video.LIMIT_SIDE", 50)
    with pytest.raises(InputError, match=r"64 x 48 pixels.* 50 pixels a side"):
        open_media(data)
    monkeypatch.undo()
    monkeypatch.setattr("core.video.LIMIT_FRAMES", 11)
    with pytest.raises(InputError, match="more than 11 frames"):
        open_media(data)


def test_refused_paths(tmp_path: Path) -> None:
    large = tmp_path / "large.mp4"
    with large.open("wb") as file:
        file.truncate(LIMIT_BYTES + 1)
    cases = (
        (large, "200.0 MiB"),
        (tmp_path, "folder"),
        (tmp_path / "none.png", "not exist"),
        (Path("a\0b"), "read|exist"),
    )
    for path, words in cases:
        with pytest.raises(InputError, match=words):
            open_media(path)


def mutated(data: bytes, chance: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(chance.choice((1, 3, 30))):
        place = chance.randrange(min(len(out), chance.choice((64, 1 << 20))))
        out[place] = chance.randrange(256)
    if chance.random() < 0.3:
        del out[chance.randrange(len(out)) :]
    return bytes(out)


@pytest.mark.filterwarnings("ignore")
def test_mutated_files_are_read_or_refused(tmp_path: Path) -> None:
    chance = random.Random(7)
    seeds = [picture("JPEG"), picture("PNG"), picture("WEBP"), picture("TIFF", compression="tiff_lzw")]
    seeds += [video(tmp_path, "a.mp4", "libx264", frames=4), video(tmp_path, "a.mkv", "ffv1", frames=2)]
    outcomes = {"read": 0, "refused": 0}
    for data in seeds:
        for _ in range(30):
            try:
                media = open_media(mutated(data, chance))
                assert media.frame().dtype == np.uint8
                outcomes["read"] += 1
            except InputError:
                outcomes["refused"] += 1
    assert min(outcomes.values()) > 20


# Which frames


@pytest.mark.parametrize(("frames", "count"), [(338, 20), (10, 9), (1, 1), (7, 1), (100_000, 333), (5, 5), (3, 8)])
def test_spread(frames: int, count: int) -> None:
    places = spread(frames, count)
    assert len(places) == min(frames, count)
    assert list(places) == sorted(set(places))
    assert 0 <= places[0] <= places[-1] < frames
    if len(places) > 1:
        steps = np.diff(places)
        assert steps.max() - steps.min() <= 1
    assert spread(frames, count) == places


def test_spread_of_nothing() -> None:
    assert spread(0, 5) == spread(5, 0) == spread(5, -1) == ()
