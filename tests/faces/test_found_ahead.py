"""Faces of a video are found while it is opened: the same as after its opening."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from media_files import image, packet_places
from recorded_progress import RecordedProgress, at_once

from core import pipeline
from core.bench.bench_media import write_video
from core.detectors import Detector
from core.faces import found_ahead
from core.faces.found_ahead import open_searched
from core.faces.video_search import VideoSearch
from core.media import reader_process, readers
from core.media import video as video_module
from core.media.frame_choice import FRAMES
from core.media.open import open_media
from core.progress import followed_by
from core.sandbox.reading_place import APART, CHOICE, INSIDE
from core.types import Face, JudgedFace, Media, StopRequested

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video of 12 frames in which a face moves."""
    return write_video(tmp_path_factory.mktemp("clip") / "face.mp4", (320, 240), 12)


@pytest.fixture(params=[APART, INSIDE])
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv(CHOICE, request.param)
    return str(request.param)


def faces(media: Media, frames: int = 5) -> list[Face]:
    return list(pipeline.detect_faces(media, frames=frames))


def same(found: list[Face], expected: list[Face]) -> bool:
    """Whether indices, tracks, boxes, landmarks and pixels are equal to the last bit."""
    return len(found) == len(expected) > 0 and all(
        (one.id, one.frame, one.track, one.box, one.score) == (two.id, two.frame, two.track, two.box, two.score)
        and np.array_equal(one.crop, two.crop)
        and np.array_equal(one.landmarks, two.landmarks)
        for one, two in zip(found, expected, strict=True)
    )


def logits(judged: list[JudgedFace]) -> list[list[float]]:
    return [one.verdict.logits.tolist() for one in judged if one.verdict] or pytest.fail("nothing was judged")


FACTS = ("id", "name", "kind", "size", "frames", "fps", "metadata", "notes")


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the reader answers and what is searched, in turn."""
    seen: list[str] = []
    run, take = readers._run, found_ahead._SearchAhead.take

    def answered(task: str, *given: Any) -> Iterator[Any]:
        for answer in run(task, *given):
            seen.append(task if answer.array is None else f"{task}'s frame")
            yield answer

    def taken(search: Any, index: int, frame: Any) -> None:
        take(search, index, frame)
        seen.append("search")

    monkeypatch.setattr(readers, "_run", answered)
    monkeypatch.setattr(found_ahead._SearchAhead, "take", taken)
    return seen


def test_faces_and_verdicts_are_those_after_the_opening(reader: str, clip: Path, shipped: Detector) -> None:
    for source in (clip, clip.read_bytes()):
        plain, ahead = open_media(source, "a", frames=3), open_searched(source, "a", frames=3)
        assert [getattr(plain, key) for key in FACTS] == [getattr(ahead, key) for key in FACTS]
        expected = pipeline.analyse(plain, shipped, frames=3)
        judged = pipeline.analyse(ahead, shipped, frames=3)
        assert same([one.face for one in judged], [one.face for one in expected])
        assert logits(judged) == logits(expected)


def test_each_frame_is_searched_before_the_reader_has_decoded_the_rest(
    clip: Path, events: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CHOICE, APART)
    media = open_searched(clip, frames=5)
    assert events == [*("video's frame", "search") * 5, "video"]
    found = faces(media)
    assert len(events) == 11, "no frame is decoded again"
    assert same(faces(media), found), "faces are handed over once, and found again"
    assert events[11:] == ["frames's frame"] * 5
    assert faces(open_searched(clip, frames=5), frames=2)[-1].frame == 9, "other frames than were searched"


def test_each_search_has_a_turn_of_its_own(clip: Path, events: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def turn() -> Iterator[None]:
        events.append("turn")
        yield
        events.append("end")

    monkeypatch.setenv(CHOICE, INSIDE)
    open_searched(clip, frames=2, turn=turn)
    assert events == ["turn", "end", "search"] * 2


def test_a_video_too_large_to_be_kept_is_decoded_once_too(
    clip: Path, events: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CHOICE, INSIDE)
    monkeypatch.setattr(video_module, "MAX_BYTES", 4 * 320 * 240 * 3)
    assert len(faces(open_searched(clip, frames=5))) == 5
    assert events == ["search"] * 5


@pytest.mark.parametrize(("kept", "frames"), [(True, 0), (False, 5)])
def test_the_reader_answers_frames_too_large_to_be_kept_where_they_are_taken(
    clip: Path, monkeypatch: pytest.MonkeyPatch, kept: bool, frames: int
) -> None:
    monkeypatch.setattr(video_module, "MAX_BYTES", 4 * 320 * 240 * 3)
    with clip.open("rb") as file:
        asked = {"name": "a", "kind": "MP4", "ahead": 5, "kept": kept}
        answers = list(reader_process.answer("video", asked, file.fileno()))
    assert sum(array is not None for _, array in answers) == frames


def test_a_damaged_video_is_searched_after_its_opening(reader: str, tmp_path: Path) -> None:
    data = bytearray(write_video(tmp_path / "face.mp4", (192, 144), 12).read_bytes())
    place, size = packet_places(bytes(data))[-3]
    data[place + 20 : place + size] = np.random.default_rng(3).bytes(size - 20)
    media = open_searched(bytes(data), frames=5)
    assert "damaged" in media.notes[0]
    assert same(faces(media), faces(open_media(bytes(data), frames=5)))


def test_more_frames_than_a_verdict_takes_are_searched_after_the_opening(
    clip: Path, events: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(found_ahead, "FRAMES", 4)
    media = open_searched(clip, frames=5)
    assert "search" not in events
    assert len(faces(media)) == 5
    assert FRAMES > 4


def test_a_stop_between_two_frames_ends_the_opening(reader: str, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    progress, searched = RecordedProgress(), list[int]()
    find = VideoSearch.find

    def found(search: Any, frame: Any, *, index: int) -> list[Face]:
        searched.append(index)
        monkeypatch.setattr(progress, "stop", at_once)
        return find(search, frame, index=index)

    monkeypatch.setattr(VideoSearch, "find", found)
    with followed_by(progress), pytest.raises(StopRequested):
        open_searched(clip, frames=5)
    assert len(searched) == 1
    monkeypatch.undo()
    assert len(faces(open_searched(clip, frames=2), 2)) == 2


def test_each_searched_frame_is_told(reader: str, clip: Path) -> None:
    progress = RecordedProgress()
    open_searched(clip, frames=5, told=progress)
    assert progress.told == [(count, 5, "") for count in range(1, 6)]


def test_a_picture_is_opened_as_ever() -> None:
    assert open_searched(image("PNG"), "a.png").frame().shape == (48, 64, 3)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared videos are not here")
def test_faces_of_a_shared_video_are_those_after_its_opening() -> None:
    path = min(SHARED.rglob("*.mp4"), key=lambda path: path.stat().st_size)
    assert same(faces(open_searched(path, frames=3), 3), faces(open_media(path, frames=3), 3))
