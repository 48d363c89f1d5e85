"""Files that are written: what was promised comes back through the door for uploads, and nothing is left half."""

from __future__ import annotations

import hashlib
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.media.open import open_media
from core.media.write import check_target, write_media, write_together
from core.types import Array, InputError, Media


def noise(count: int, height: int = 48, width: int = 64) -> list[Array]:
    return list(np.random.default_rng(5).integers(0, 256, (count, height, width, 3)).astype(np.uint8))


def smooth(count: int, height: int = 48, width: int = 64) -> list[Array]:
    y, x = np.mgrid[:height, :width]
    still = np.stack([60 + 2 * x, 200 - 2 * y, 90 + x + y], axis=2)
    return [np.clip(still + 3 * i, 0, 255).astype(np.uint8) for i in range(count)]


def frames_of(media: Media) -> list[Array]:
    return [frame for _, frame in media.source.read(tuple(range(media.frames)))]


@pytest.mark.parametrize("size", [(48, 64), (47, 65), (2, 2), (1, 1), (17, 16)])
def test_every_byte_of_a_lossless_video_comes_back(size: tuple[int, int], tmp_path: Path) -> None:
    frames = noise(30, *size)
    frames[3] = np.zeros_like(frames[3])
    frames[4] = np.full_like(frames[4], 255)
    written = write_media(iter(frames), tmp_path / "a.mkv", fps=12.5)
    media = open_media(tmp_path / "a.mkv")
    assert (media.kind, media.frames, media.fps, media.size) == ("video", 30, 12.5, size[::-1])
    assert all(np.array_equal(one, two) for one, two in zip(frames_of(media), frames, strict=True))
    assert (written.frames, written.size, written.lossless) == (30, size[::-1], True)
    assert "Sound" in written.notes[0]
    data = (tmp_path / "a.mkv").read_bytes()
    assert (written.id, written.bytes) == (hashlib.sha256(data).hexdigest(), len(data)) == (media.id, len(data))


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".mov", ".png", ".webp", ".jpg"])
def test_the_same_frames_are_the_same_bytes(suffix: str, tmp_path: Path) -> None:
    frames = noise(1 if suffix in (".png", ".webp", ".jpg") else 5)
    one, two = (write_media(iter(frames), tmp_path / f"{name}{suffix}", fps=25).path for name in "ab")
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_h264_is_near_and_the_rate_counts(suffix: str, tmp_path: Path) -> None:
    frames = smooth(12)
    sizes = []
    for crf in (10, 40):
        written = write_media(iter(frames), tmp_path / f"a{suffix}", fps=30000 / 1001, crf=crf)
        media = open_media(tmp_path / f"a{suffix}")
        assert (media.frames, media.size) == (12, (64, 48))
        assert media.fps == pytest.approx(30000 / 1001)
        assert not written.lossless
        assert f"CRF {crf}" in written.coding
        sizes.append(written.bytes)
        difference = np.abs(np.stack(frames_of(media)).astype(int) - np.stack(frames)).mean()
        assert difference < (3 if crf == 10 else 12)
    assert sizes[0] > sizes[1]


def test_colours_are_marked_so_that_players_agree(tmp_path: Path) -> None:
    red = [np.full((720, 1280, 3), (220, 30, 40), np.uint8)]
    write_media(red, tmp_path / "a.mp4", fps=25)
    shown = open_media(tmp_path / "a.mp4").frame(0)[300, 600].astype(int)
    assert np.abs(shown - (220, 30, 40)).max() <= 3


def test_odd_sides_are_made_even_and_said(tmp_path: Path) -> None:
    written = write_media(smooth(3, 47, 65), tmp_path / "a.mp4", fps=25)
    media = open_media(tmp_path / "a.mp4")
    assert media.size == written.size == (66, 48)
    assert "65 x 47 became 66 x 48" in written.notes[1]
    assert np.abs(media.frame(0)[:47, :65].astype(int) - smooth(1, 47, 65)[0]).mean() < 4


@pytest.mark.parametrize(("suffix", "near"), [(".png", 0), (".webp", 4), (".jpg", 4), (".JPEG", 4)])
def test_stills(suffix: str, near: float, tmp_path: Path) -> None:
    path, (pixels,) = tmp_path / f"a{suffix}", smooth(1, 47, 65)
    written = write_media([pixels], path)
    media = open_media(path)
    assert (media.kind, media.size, media.id) == ("image", (65, 47), written.id)
    assert np.abs(media.frame(0).astype(int) - pixels).mean() <= near
    assert written.lossless == (suffix == ".png")
    assert written.notes == ()


def test_the_rate_and_the_kind_of_the_medium_that_it_is_like(tmp_path: Path) -> None:
    write_media(smooth(3), tmp_path / "a.mkv", fps=7)
    like = open_media(tmp_path / "a.mkv")
    write_media(smooth(3), tmp_path / "b.mkv", like=like)
    assert open_media(tmp_path / "b.mkv").fps == 7
    with pytest.raises(InputError, match=r"a video is written as \.mkv, \.mp4 or \.mov; what came is 'b.png'"):
        write_media(smooth(1), tmp_path / "b.png", like=like)


def test_frames_are_taken_one_at_a_time(tmp_path: Path) -> None:
    seen: list[weakref.ref[Array]] = []
    most = 0

    def stream() -> Iterator[Array]:
        nonlocal most
        for _ in range(60):
            frame = smooth(1)[0]
            seen.append(weakref.ref(frame))
            most = max(most, sum(known() is not None for known in seen))
            yield frame
            del frame

    write_media(stream(), tmp_path / "a.mkv", fps=25)
    assert most <= 4  # this one, the one before, and the first


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4", "a.png"])
def test_what_goes_wrong_leaves_the_old_file(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"old")

    def stream() -> Iterator[Array]:
        yield smooth(1)[0]
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        write_media(stream(), tmp_path / name, fps=25)
    assert (tmp_path / name).read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == [name]
    write_media(smooth(1), tmp_path / name, fps=25)
    assert open_media(tmp_path / name).frames == 1


BAD = [
    ("a.gif", {}, r"a medium is written as \.png, .* or \.mov; what came is 'a.gif'"),
    ("a", {}, "what came is 'a'"),
    ("none/a.png", {}, "does not exist"),
    ("folder.png", {}, "is a folder"),
    ("a.mp4", {"crf": 52}, "CRF of H.264 has to lie between 0 and 51; what came is 52"),
    ("a.mp4", {"crf": -1}, "what came is -1"),
    ("a.mkv", {"fps": float("nan")}, "frame rate has to lie between 0.01 and 1000; what came is nan"),
    ("a.mkv", {"fps": 2000}, "what came is 2000"),
    ("a.jpg", {"quality": 0}, "between 1 and 100; what came is 0"),
]


@pytest.mark.parametrize(("name", "options", "words"), BAD)
def test_targets_and_settings_that_do_not_fit(name: str, options: dict[str, Any], words: str, tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(InputError, match=words):
        write_media(smooth(1), tmp_path / name, **options)


BAD_FRAMES = [
    ("a.mkv", [], "at least one frame"),
    ("a.png", [*smooth(2)], "one frame here; several came"),
    ("a.mkv", [smooth(1)[0], smooth(1, 50)[0]], "frame 1 is"),
    ("a.mkv", [smooth(1)[0].astype(np.float32)], "uint8; frame 0 is"),
    ("a.mkv", [smooth(1)[0][..., 0]], "uint8; frame 0 is"),
]


@pytest.mark.parametrize(("name", "frames", "words"), BAD_FRAMES)
def test_frames_that_do_not_fit(name: str, frames: list[Array], words: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=words):
        write_media(frames, tmp_path / name, fps=25)
    assert list(tmp_path.iterdir()) == []


def test_more_pixels_than_a_format_holds(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a.webp could not be written: .*16383"):
        write_media([np.zeros((2, 17_000, 3), np.uint8)], tmp_path / "a.webp")
    assert list(tmp_path.iterdir()) == []


def test_a_target_is_checked_before_any_work(tmp_path: Path) -> None:
    check_target(tmp_path / "a.MP4", "video")
    check_target(tmp_path / "a.webp", "image")
    with pytest.raises(InputError, match=r"an image is written as \.png, \.webp, \.jpg or \.jpeg"):
        check_target(tmp_path / "a.mkv", "image")


def test_several_files_are_written_all_or_none(tmp_path: Path) -> None:
    first, second = tmp_path / "a.pdf", tmp_path / "b.svg"
    write_together({first: b"one", second: b"two"})
    assert (first.read_bytes(), second.read_bytes()) == (b"one", b"two")
    (tmp_path / "folder.pdf").mkdir()
    with pytest.raises(InputError, match=r"folder\.pdf could not be written: Is a directory"):
        write_together({tmp_path / "folder.pdf": b"three"})
    with pytest.raises(InputError, match=r"d\.pdf could not be written: No such file"):
        write_together({first: b"new", tmp_path / "nowhere" / "d.pdf": b"new"})
    assert first.read_bytes() == b"one"
    assert not list(tmp_path.glob("*.partial")) + list(tmp_path.glob(".*.partial"))


@pytest.mark.parametrize("name", ["n" * 300 + ".png", "\U0001f600" * 80 + ".mkv", "a\0b.png", "..", "."])
def test_a_name_that_no_file_can_have_is_a_sentence(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written|is a folder|is written as"):
        check_target(tmp_path / name)
    with pytest.raises(InputError):
        write_media(smooth(1), tmp_path / name)
    with pytest.raises(InputError):
        open_media(tmp_path / name)
    assert list(tmp_path.iterdir()) == []
