"""Uploads: images that are accepted come out right, everything else is refused with one clear sentence."""

from __future__ import annotations

import hashlib
import json
import random
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from media_files import Bytes, bomb, image, packet_places, pixels, scene, sound, video
from PIL import Image

from core.media.open import open_media
from core.media.picture_decoding import _stretch
from core.types import InputError, limits


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "BMP", "TIFF"])
def test_a_picture_is_recognised_by_content(format: str, tmp_path: Path) -> None:
    data = image(format, lossless=True) if format == "WEBP" else image(format)
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
    media = open_media(image(format, Image.fromarray(scene(3)), exif=exif))
    assert media.size == (turned.shape[1], turned.shape[0])
    assert np.abs(media.frame().astype(int) - turned).mean() < 8
    assert media.metadata["make"].startswith("Maker x")
    assert len(media.metadata["make"]) == 200
    json.dumps(dict(media.metadata))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_exif_does_not_refuse_a_sound_picture() -> None:
    media = open_media(image("JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f" + b"\xff" * 30))
    assert media.size == (64, 48)


def test_alpha_lies_on_white() -> None:
    clear = Image.new("RGBA", (4, 2), (200, 0, 0, 0))
    clear.putpixel((1, 0), (200, 0, 0, 255))
    media = open_media(image("PNG", clear))
    assert media.frame()[0, :2].tolist() == [[255, 255, 255], [200, 0, 0]]
    assert "white" in media.notes[0]
    assert open_media(image("PNG", Image.new("RGBA", (4, 2), (9, 9, 9, 255)))).notes == ()


def test_palette_with_a_transparent_entry() -> None:
    palette = Image.new("P", (2, 1))
    palette.putpalette([10, 20, 30, 40, 50, 60])
    palette.putpixel((1, 0), 1)
    assert pixels(image("PNG", palette)).tolist() == [[[10, 20, 30], [40, 50, 60]]]
    assert pixels(image("PNG", palette, transparency=0)).tolist() == [[[255, 255, 255], [40, 50, 60]]]


@pytest.mark.parametrize("mode", ["1", "L", "LA"])
def test_grey_has_three_equal_channels(mode: str) -> None:
    frame = pixels(image("PNG", Image.new(mode, (5, 3), 1 if mode == "1" else 77 if mode == "L" else (77, 255))))
    assert frame.shape == (3, 5, 3)
    assert frame.min() == frame.max() == (255 if mode == "1" else 77)


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_sixteen_bit_is_scaled_and_not_clipped(format: str) -> None:
    values = np.array([[0, 257, 25_700, 65_535]], np.uint16)
    assert pixels(image(format, Image.fromarray(values)))[0, :, 1].tolist() == [0, 1, 100, 255]


def test_floating_point_is_stretched_and_noted() -> None:
    media = open_media(image("TIFF", Image.fromarray(np.array([[0.0, 0.5, 1.0]], np.float32))))
    assert media.frame()[0, :, 0].tolist() == [0, 128, 255]
    assert "stretched" in media.notes[0]
    with pytest.raises(InputError, match="cut off or damaged"):
        open_media(image("TIFF", Image.fromarray(np.array([[0.0, np.nan, 1.0]], np.float32))))


def test_a_large_image_of_floats_takes_little_more_than_its_pixels() -> None:
    values = np.arange(2000 * 2000, dtype=np.float32).reshape(2000, 2000)
    kept = Image.fromarray(values)
    tracemalloc.start()
    pixels = np.concatenate(list(_stretch(kept, [])))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert np.array_equal(
        pixels[..., 0], np.rint(values.astype(np.float64) * (255 / float(values.max()))).astype(np.uint8)
    )
    assert peak < 3 * values.nbytes


def test_cmyk_jpeg() -> None:
    frame = pixels(image("JPEG", Image.new("CMYK", (8, 8), (0, 255, 255, 0)), quality=95))
    assert np.abs(frame.astype(int) - [255, 0, 0]).max() < 12


@pytest.mark.parametrize("format", ["PNG", "WEBP", "TIFF"])
def test_of_several_pictures_the_first_is_used(format: str) -> None:
    more = [Image.fromarray(scene(5))]
    options: dict[str, Any] = {"lossless": True} if format == "WEBP" else {}
    media = open_media(image(format, save_all=True, append_images=more, **options))
    assert np.array_equal(media.frame(), scene())
    assert "first" in media.notes[0]


def test_names_are_cleaned() -> None:
    data = image("PNG")
    assert open_media(data, "C:\\secret\\../a\x1b[31m\nb\u202e.png").name == "a [31m b .png"
    assert open_media(data, "\0").name == "unnamed"
    assert len(open_media(data, "x" * 900).name) == 200


# Refusals


def ftyp(brand: bytes) -> bytes:
    return b"\0\0\0\x18ftyp" + brand + bytes(12)


def many_scans(count: int) -> bytes:
    """Append empty scans to a JPEG, each of which a decoder would work through."""
    data = image("JPEG", progressive=True)
    place = data.rindex(b"\xff\xd9")
    return data[:place] + b"\xff\xda\0\x08\x01\x01\0\0\x3f\0" * count + data[place:]


REFUSED: list[tuple[str, bytes | Bytes, str]] = [
    ("empty.jpg", b"", r"empty \(0 bytes\)"),
    ("text.jpg", b"Dear Sir or Madam, \xc3\xa4", "is text"),
    ("noise.png", bytes(range(256)) * 4, "no image or video"),
    ("moving.gif", lambda: image("GIF"), "is GIF"),
    ("phone.heic", ftyp(b"heic"), "is HEIC"),
    ("new.avif", ftyp(b"avif"), "is AVIF"),
    ("new.heif", b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif", "is AVIF"),
    ("line.svg", b'<?xml version="1.0"?>\n<svg xmlns="x"/>', "is SVG"),
    ("paper.pdf", b"%PDF-1.7 ...", "is PDF"),
    ("voice.wav", b"RIFF\x24\0\0\0WAVEfmt ", "is WAV"),
    ("cut.jpg", lambda: image("JPEG")[:-300], "cut off"),
    ("cut.png", lambda: image("PNG")[:100], "cut off"),
    ("cut.webp", lambda: image("WEBP")[:-200], "cut off"),
    ("cut.bmp", lambda: image("BMP")[:-300], "cut off"),
    ("cut.tif", lambda: image("TIFF")[:-300], "cut off"),
    ("start.jpg", lambda: image("JPEG")[:3], "cut off"),
    ("start.png", lambda: image("PNG")[:20], "cut off"),
    ("bomb.png", lambda: bomb(30_000, 30_000), r"900000000 pixels.* 1 to 50000000 pixels"),
    ("large.png", lambda: bomb(8_000, 7_000), r"8000 x 7000 pixels.* 1 to 50000000 pixels"),
    (
        "strip.png",
        lambda: image("PNG", Image.new("RGB", (5000, 1))),
        "5000 x 1 pixels, one side 5,000 times.* 100 times",
    ),
    ("hair.png", lambda: bomb(1, 50_000_000), "1 x 50000000 pixels, one side 50,000,000 times.* 100 times"),
    ("scans.jpg", lambda: many_scans(4_000), rf"has 40\d\d scans.* up to {limits.MAX_SCANS} scans"),
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
        assert "JPEG, PNG, WebP, BMP and TIFF images and MP4, MOV, AVI, MKV and WebM videos" in sentence
        assert "\n" not in sentence


def test_refused_videos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="no video stream"):
        open_media(sound(tmp_path))
    data = video(tmp_path, "a.mp4", "libx264")
    with pytest.raises(InputError, match=r"cut off: the index \(moov\)"):
        open_media(data[: data.index(b"moov") + 200])
    with pytest.raises(InputError, match="no frame that can be decoded"):
        open_media(data[: packet_places(data)[0][0] + 20])
    monkeypatch.setenv("PROSOPON_READER", "inside")  # where the limits can be changed
    monkeypatch.setattr("core.types.limits.MAX_FRAME_SIDE", 50)
    with pytest.raises(InputError, match=r"64 x 48 pixels.* 50 pixels a side"):
        open_media(data)
    monkeypatch.undo()
    monkeypatch.setenv("PROSOPON_READER", "inside")
    monkeypatch.setattr("core.types.limits.MAX_SIDE_RATIO", 1)
    with pytest.raises(InputError, match=r"64 x 48 pixels, one side 1 times the other.* 1 times"):
        open_media(data)
    monkeypatch.undo()
    monkeypatch.setenv("PROSOPON_READER", "inside")
    monkeypatch.setattr("core.types.limits.MAX_FRAMES", 11)
    with pytest.raises(InputError, match="more than 11 frames, 12 by its header, and no more than 11 are allowed"):
        open_media(data)


def test_refused_paths(tmp_path: Path) -> None:
    large = tmp_path / "large.mp4"
    with large.open("wb") as file:
        file.truncate(limits.MAX_FILE_BYTES + 1)
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
    seeds = [image("JPEG"), image("PNG"), image("WEBP"), image("TIFF", compression="tiff_lzw")]
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


def test_a_webp_may_have_fewer_pixels() -> None:
    many = Image.new("RGB", (6000, 5001))
    assert open_media(image("PNG", many)).size == (6000, 5001)
    with pytest.raises(InputError, match=r"has 6000 x 5001 pixels, and WebP images of 1 to 30000000 pixels are"):
        open_media(image("WEBP", many, lossless=True, method=0))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "TIFF"])
def test_a_library_that_does_not_fit_calls_no_image_damaged(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise AttributeError("module 'PIL.Image' has no attribute 'has_transparency_data'")

    monkeypatch.setenv("PROSOPON_READER", "inside")  # what is replaced here is not replaced in other processes
    whole = image(kind)
    with pytest.raises(InputError, match="cut off or damaged|cannot be"):
        open_media(whole[: len(whole) // 2])
    monkeypatch.setattr("core.media.picture_decoding._to_rgb", gone)
    with pytest.raises(AttributeError, match="no attribute"):
        open_media(whole)
