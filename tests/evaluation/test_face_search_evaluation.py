"""The two-step search for faces beside the full one: counts on made videos, and the command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from core.__main__ import app
from core.bench.bench_media import write_video
from core.evaluation import face_search_evaluation as measured
from core.evaluation.face_search_evaluation import evaluate_face_search
from core.media.images import encode_png
from core.media.write import write_media
from core.types import Array, Box, Face, InputError

FACE, ASIDE, SMALL = (10.0, 10.0, 90.0, 90.0), (20.0, 10.0, 100.0, 90.0), (100.0, 10.0, 120.0, 30.0)


def face(box: Box) -> Face:
    left, top, right, bottom = map(int, box)
    crop = np.random.default_rng(0).integers(0, 256, (bottom - top, right - left, 3)).astype(np.uint8)
    eyes = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]], np.float32)
    return Face("", crop, box, eyes * (right - left) + (left, top), 0, 0.9)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("one", "two"):
        write_media([np.full((120, 160, 3), 90 + 5 * n, np.uint8) for n in range(4)], tmp_path / f"{name}.mp4", fps=25)
    (tmp_path / "three.mp4").write_bytes(b"no video")
    (tmp_path / "still.png").write_bytes(encode_png(np.zeros((8, 8, 3), np.uint8)))
    return tmp_path


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[Box], list[Box]], None]:
    """Let both searches find what is known: the two-step search on all frames but each video's first."""

    def patch(two_steps: list[Box], whole: list[Box]) -> None:
        class Search:
            at_full_size = True

            def find(self, frame: Array, *, index: int) -> list[Face]:
                self.at_full_size = index == 0
                return [face(box) for box in (whole if index == 0 else two_steps)]

        monkeypatch.setattr(measured, "VideoSearch", Search)
        monkeypatch.setattr(measured, "find_faces", lambda frame, *, index: [face(box) for box in whole])

    return patch


def test_faces_that_are_missed_added_or_moved_are_counted(
    folder: Path, searched: Callable[[list[Box], list[Box]], None]
) -> None:
    searched([ASIDE, (120.0, 90.0, 150.0, 119.0)], [FACE, SMALL])
    found = evaluate_face_search(folder, frames=4)
    assert (found.videos, found.frames, found.at_full_size) == (2, 8, 0.25)
    assert (found.all.faces, found.all.found, found.all.recall) == (16, 10, 0.625)
    assert (found.judgeable.faces, found.judgeable.found) == (8, 8), "the small face gets no verdict"
    assert found.added == 6
    assert found.iou is not None
    assert found.iou.lowest == pytest.approx(7 / 9)
    assert found.iou.mean == pytest.approx((6 * 7 / 9 + 4) / 10)
    assert sum(found.no_frame.values()) == 1


def test_videos_without_a_face_have_no_recall(folder: Path, searched: Callable[[list[Box], list[Box]], None]) -> None:
    searched([], [])
    found = evaluate_face_search(folder, frames=2, limit=2)
    assert (found.all.recall, found.iou, found.added) == (None, None, 0)


def test_the_command_measures_the_search_itself(tmp_path: Path) -> None:
    write_video(tmp_path / "moving.mp4", (640, 480), 5)
    asked = ["evaluate", "faces", "--data", str(tmp_path), "--frames", "5", "--json"]
    result = CliRunner().invoke(app, asked, catch_exceptions=False)
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert (found["videos"], found["frames"], found["all"]["faces"]) == (1, 5, 5)
    assert found["all"]["recall"] == found["judgeable"]["recall"] == 1
    assert found["iou"]["lowest"] > 0.95
    assert found["at_full_size"] == pytest.approx(2 / 5), "the first frame and each fourth after it"


def test_folders_without_videos_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a folder; the search for faces is measured on"):
        evaluate_face_search(folder / "missing")
    for path in folder.glob("*.mp4"):
        path.unlink()
    with pytest.raises(InputError, match=r"has no videos \(by their suffix: .avi"):
        evaluate_face_search(folder)
    (folder / "one.mp4").write_bytes(b"no video")
    with pytest.raises(InputError, match="no frame of its videos could be read: the file is text"):
        evaluate_face_search(folder)
