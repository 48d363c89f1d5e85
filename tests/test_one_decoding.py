"""A video is decoded once for its verdict, however many of its frames are judged."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from media_files import video

from core.bench.pipeline_waits import judge_file
from core.detectors import Detector
from core.engine.file_judging import BatchSettings, FileJudge
from core.media.video import _Clip
from core.reports.file_analysis import analyse
from core.types import Array
from core.types.file_rows import FileTask

FRAMES = 5


def by_analyse(path: Path, _: Detector) -> None:
    analyse(path, frames=FRAMES)


def by_bench(path: Path, detector: Detector) -> None:
    judge_file(path, detector, frames=FRAMES)


def by_batch(path: Path, detector: Detector) -> None:
    task = FileTask("a", hashlib.sha256(path.read_bytes()).hexdigest(), path, path.name)
    FileJudge(BatchSettings(detector.name, FRAMES), _detector=detector)(task)


@pytest.mark.parametrize("judge", [by_analyse, by_bench, by_batch])
def test_the_frames_that_are_judged_come_with_the_opening(
    judge: Callable[[Path, Detector], None], shipped: Detector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.mp4").write_bytes(video(tmp_path, "b.mp4", "libx264", frames=20))
    decode, asked = _Clip._decode, list[list[int]]()

    def noted(clip: _Clip, wanted: list[int]) -> Iterator[tuple[int, Array]]:
        asked.append(wanted)
        return decode(clip, wanted)

    monkeypatch.setattr(_Clip, "_decode", noted)
    judge(tmp_path / "a.mp4", shipped)
    # the first frame again, for a small picture, and with the middle one for their perceptual hashes
    assert all(wanted in ([0], [0, 10]) for wanted in asked)
