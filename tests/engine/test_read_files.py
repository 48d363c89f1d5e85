"""Another detector judges the faces that a first one's jobs have kept, and opens no file."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from core import pipeline
from core.detectors import DEFAULT, Detector
from core.engine import read_files
from core.engine.batch_run import run_batch
from core.engine.file_judging import BatchSettings
from core.engine.job_table import JobTable
from core.engine.judging_batch import judging_batch
from core.media.images import encode_png
from core.media_attack import samples
from core.types.file_rows import FileRow

OTHER = "resnet-blend"


@pytest.fixture
def folder(tmp_path: Path, shipped: Detector) -> Path:
    """Hold a picture with a face, one without, and a video."""
    folder = tmp_path / "media"
    folder.mkdir()
    (folder / "face.png").write_bytes(encode_png(samples.portrait()))
    Image.new("RGB", (64, 64), "grey").save(folder / "grey.png")
    shutil.copy(samples.sample("video.mp4", shipped), folder)
    return folder


def _judged(folder: Path, table: Path, detector: str, **settings: Any) -> list[tuple[FileRow, dict[str, Any]]]:
    asked = BatchSettings(detector, **{"frames": 3, "keep_faces": True, **settings})
    run_batch(replace(judging_batch([folder], table, asked), executor="inline"))
    with JobTable(table) as jobs:
        return [(row, json.loads(str(jobs.record(str(row.key))))) for row in jobs.rows()]


def _opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    plain: Callable[..., Any] = pipeline.open_searched

    def counted(source: Any, name: str, **how: Any) -> Any:
        if name != "portrait.png":  # a worker's warm-up
            names.append(name)
        return plain(source, name, **how)

    monkeypatch.setattr(pipeline, "open_searched", counted)
    return names


def test_another_detector_judges_kept_faces_as_if_it_had_opened_the_files(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = _opened(monkeypatch)
    first = _judged(folder, tmp_path / "jobs.db", DEFAULT)
    assert opened == ["face.png", "grey.png", "video.mp4"]
    kept = _judged(folder, tmp_path / "jobs.db", OTHER)
    assert len(opened) == 3, "no file was opened again"
    anew = _judged(folder, tmp_path / "anew.db", OTHER)
    assert len(opened) == 6
    for (row, record), (other_row, other) in zip(kept, anew, strict=True):
        assert astuple(row) == astuple(other_row)
        assert record == other
    assert [row.p_fake for row, _ in kept] != [row.p_fake for row, _ in first]
    assert [row.faces for row, _ in kept] == [1, 0, 1]


@pytest.mark.slow
@pytest.mark.parametrize("how", ["other frames", "other code", "damaged", "not kept"])
def test_what_was_read_otherwise_or_not_kept_is_opened_again(
    how: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, keep = tmp_path / "jobs.db", how != "not kept"
    _judged(folder, table, DEFAULT, keep_faces=keep)
    if how == "other code":
        monkeypatch.setattr(read_files, "code_fingerprint", lambda: "0" * 64)
    elif how == "damaged":
        with JobTable(table) as jobs, jobs.writing():
            jobs._db.execute("UPDATE artefacts SET data = x'00' WHERE name = 'faces'")
    opened = _opened(monkeypatch)
    found = _judged(folder, table, OTHER, keep_faces=keep, frames=2 if how == "other frames" else 3)
    assert opened == ["face.png", "grey.png", "video.mp4"]
    assert [row.state for row, _ in found] == ["done"] * 3
