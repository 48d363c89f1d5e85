"""Files are read in processes of their own: the same pixels, and a reader's death is a sentence."""

from __future__ import annotations

import io
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest
from media_files import VIDEOS, all_frames, image, scene, video
from PIL import ExifTags, Image

from core import pipeline
from core.engine.jobs import Job
from core.media import readers
from core.media.decoder_threads import MAX_THREADS, decoder_threads, limit_decoder_threads, usable_processors
from core.media.open import open_media
from core.media.reader_process import answer
from core.sandbox import reading_place
from core.types import InputError, Media, limits


@pytest.fixture(autouse=True)
def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read in processes of their own, whatever the default."""
    monkeypatch.setenv("PROSOPON_READER", reading_place.APART)


@pytest.fixture
def killer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let readers die of files whose names say so."""
    monkeypatch.setenv("PROSOPON_READER", "killer_reader")


def stills() -> dict[str, bytes]:
    clear = Image.fromarray(np.dstack([scene(), np.full((48, 64), 100, np.uint8)]))
    grey = Image.fromarray(scene()[..., 0].astype(np.float32))
    made = {kind: image(kind) for kind in ("JPEG", "PNG", "WEBP", "BMP", "TIFF")}
    return made | {"clear": image("PNG", clear), "webp": image("WEBP", clear), "grey": image("TIFF", grey)}


def facts(media: Media) -> tuple[object, ...]:
    return media.id, media.name, media.kind, media.size, media.frames, media.fps, dict(media.metadata), media.notes


def same(source: Path | bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not reading_place.reads_inside()
    apart = open_media(source, "a")
    frames = all_frames(apart)
    monkeypatch.setenv("PROSOPON_READER", "inside")
    inside = open_media(source, "a")
    assert type(inside.source) is not type(apart.source) or inside.kind == "image"
    assert facts(apart) == facts(inside)
    for one, two in zip(frames, all_frames(inside), strict=True):
        assert np.array_equal(one, two)
        assert one.flags.writeable == two.flags.writeable
    monkeypatch.setenv("PROSOPON_READER", reading_place.APART)


def test_a_video_is_decoded_by_the_threads_of_its_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    video(tmp_path, *VIDEOS["MP4"])
    told: list[object] = []

    def watched(task: str, file: IO[bytes], name: str, values: dict[str, object], seconds: int) -> Any:
        told.append(values["threads"])
        return run(task, file, name, values, seconds)

    run = readers._run
    monkeypatch.setattr(readers, "_run", watched)
    try:
        limit_decoder_threads(1)
        all_frames(open_media(tmp_path / "a.mp4", "a.mp4"))
        assert set(told) == {1}
        limit_decoder_threads(4)
        with (tmp_path / "a.mp4").open("rb") as file:  # what a reader does with it, here
            next(answer("video", {"name": "a", "kind": "MP4", "ahead": 0, "threads": 1}, file.fileno()))
        assert decoder_threads() == 1
    finally:
        limit_decoder_threads(MAX_THREADS)


def test_processors_are_those_that_an_affinity_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5}, raising=False)
    assert (usable_processors(), decoder_threads()) == (2, 2)
    monkeypatch.delattr(os, "sched_getaffinity")  # a system that has none
    assert (usable_processors(), decoder_threads()) == (64, MAX_THREADS)


def test_images_are_the_same_as_decoded_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    for data in stills().values():
        same(data, monkeypatch)


@pytest.mark.parametrize("container", VIDEOS)
def test_videos_are_the_same_as_decoded_inside(container: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name, codec = VIDEOS[container]
    data = video(tmp_path, name, codec)
    for source in (tmp_path / name, data, data[: len(data) * 9 // 10]):
        try:
            same(source, monkeypatch)
        except InputError as error:  # cut off: the sentence is the same too
            said = str(error)
            monkeypatch.setenv("PROSOPON_READER", "inside")
            with pytest.raises(InputError) as inside:
                open_media(source, "a")
            assert str(inside.value) == said
            monkeypatch.setenv("PROSOPON_READER", reading_place.APART)


def test_a_reader_that_dies_while_opening_is_a_sentence_and_the_next_file_opens(killer: None, tmp_path: Path) -> None:
    clip = video(tmp_path, "a.mp4", "libx264")
    for data, name in ((image("PNG"), "crash-opening.png"), (clip, "crash-opening.mp4")):
        with pytest.raises(InputError) as raised:
            open_media(data, name)
        assert f'"{name}" made its reader stop: it crashed (Segmentation fault); JPEG' in str(raised.value)
        assert "\n" not in str(raised.value)
        assert open_media(data, "good").frame().shape == (48, 64, 3)


def test_a_reader_that_dies_while_reading_gives_the_frames_before(killer: None, tmp_path: Path) -> None:
    media = open_media(video(tmp_path, "a.mp4", "libx264"), "crash-reading.mp4")
    frames = media.source.read(tuple(range(12)))
    assert [next(frames)[0] for _ in range(3)] == [0, 1, 2]
    with pytest.raises(InputError, match=r'"crash-reading.mp4" made its reader stop: it crashed \(Segm'):
        next(frames)
    assert media.frame(2).shape == (48, 64, 3)


@pytest.mark.parametrize("name", ["bomb-opening.png", "bomb-opening.mp4", "bomb-reading.mp4"])
def test_what_needs_too_much_memory_is_refused(name: str, killer: None, tmp_path: Path) -> None:
    data = image("PNG") if name.endswith("png") else video(tmp_path, "a.mp4", "libx264")
    most = limits.PICTURE_MEMORY if name.endswith("png") else limits.VIDEO_MEMORY
    with pytest.raises(InputError, match=f"made its reader stop: it needed more than {most / 2**30:.1f} GB of memory"):
        all_frames(open_media(data, name))


def test_an_image_over_the_memory_of_a_reader_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = io.BytesIO()
    Image.new("RGB", (3000, 3000)).save(data, "PNG", compress_level=1)
    monkeypatch.setattr(limits, "PICTURE_MEMORY", 2**24)
    with pytest.raises(InputError, match=r"needed more than 0.0 GB of memory"):
        open_media(data.getvalue())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("PNG", "RGBA", {"compress_level": 1}),
        ("TIFF", "RGBA", {"compression": "packbits", "tiffinfo": {274: 6, 278: 5000}}),  # one strip
        ("TIFF", "F", {"tiffinfo": {274: 6}}),
        ("BMP", "RGB", {}),
        ("JPEG", "CMYK", {"progressive": True, "subsampling": 0}),
        ("WEBP", "RGBA", {"lossless": True, "quality": 0, "method": 0}),
    ],
)
def test_the_largest_image_of_a_kind_fits_into_the_memory(kind: str, mode: str, options: dict[str, Any]) -> None:
    height = 5000
    width = (limits.MAX_WEBP_PIXELS if kind == "WEBP" else limits.MAX_PIXELS) // height
    turned, data = Image.Exif(), io.BytesIO()
    turned[ExifTags.Base.Orientation] = 6  # costs a second copy
    Image.new(mode, (width, height), 1 if mode == "F" else (9, 99, 199, 99)[: len(mode)]).save(
        data, kind, **options, **({} if kind == "BMP" else {"exif": turned})
    )
    size = (width, height) if kind == "BMP" else (height, width)
    assert open_media(data.getvalue()).size == size


def test_a_reader_that_hangs_is_ended_at_its_time(
    killer: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = open_media(video(tmp_path, "a.mp4", "libx264"), "hang-reading.mp4")
    monkeypatch.setattr(limits, "MEDIA_ANSWER_S", 1.0)
    with pytest.raises(InputError, match=r"made its reader stop: it gave no answer for 1 s"):
        open_media(image("PNG"), "hang-opening.png")
    with pytest.raises(InputError, match=r"made its reader stop: it gave no answer for 1 s"):
        all_frames(clip)


def test_a_stop_ends_the_opening_and_the_reading(killer: None, tmp_path: Path) -> None:
    data = video(tmp_path, "a.mp4", "libx264")
    clip = open_media(data, "hang-reading.mp4")
    for work in (lambda: open_media(data, "hang-opening.mp4"), lambda: all_frames(clip)):
        reached: list[object] = []
        job = Job("open", "Opening")
        job.start(lambda _, work=work, reached=reached: reached.append(work()))  # type: ignore[misc]
        assert job.thread is not None
        job.thread.join(0.3)
        assert not job.finished
        job.stop()
        job.thread.join(20)
        assert (job.finished, job.problem, reached) == (True, None, [])


def test_a_stop_while_a_frame_is_decoded_keeps_the_faces_before(killer: None, tmp_path: Path) -> None:
    clip = open_media(video(tmp_path, "a.mp4", "libx264"), "hang-reading.mp4")
    job, reached = Job("judge", "Judging"), list[object]()
    job.start(lambda job: reached.append(list(pipeline.detect_faces(clip, progress=job))))
    assert job.thread is not None
    while not job.finished and job.done < 3:
        job.thread.join(0.05)
    job.stop()
    job.thread.join(60)
    assert (job.done, reached, job.problem) == (3, [[]], None)


def test_what_a_reader_tells_is_not_believed(killer: None, tmp_path: Path) -> None:
    for data in (image("PNG"), video(tmp_path, "a.mp4", "libx264")):
        with pytest.raises(InputError, match="made its reader stop: it answered what no reader answers"):
            open_media(data, "lying.png")


def test_many_sessions_read_beside_each_other(killer: None, tmp_path: Path) -> None:
    data = video(tmp_path, "a.mp4", "libx264")
    frames = all_frames(open_media(data))

    def one(number: int) -> bool:
        if number % 2:
            with pytest.raises(InputError, match="it crashed"):
                open_media(data, "crash-opening.mp4")
            return True
        found = all_frames(open_media(data))
        return all(np.array_equal(one, two) for one, two in zip(frames, found, strict=True))

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(one, range(24)))
