"""What a batch found in each file, written into folders: whole ones, and only what is a result."""

from __future__ import annotations

import errno
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.engine.batch_results import write_results
from core.engine.batch_run import Batch, run_batch
from core.engine.job_table import JobTable
from core.media.images import encode_png
from core.output.paper import npy_bytes
from core.output.screen import colour_map
from core.selftest.stub_work import StubWork
from core.storage import files
from core.types import InputError
from core.types.file_rows import FileFindings, FileTask

MAP = np.linspace(-1, 1, 64, dtype=np.float32).reshape(8, 8)
PICTURE = encode_png(np.full((8, 8, 3), 90, np.uint8))
RECORD = {"maps": {"saliency": {"settings": {}}, "input-x-gradient": {"settings": {}}}, "words": "déjà"}


class FoundWork(StubWork):
    """Leave what an attack and maps leave, and what a page opens a file with."""

    more = "attacked.png"

    def __call__(self, task: FileTask) -> FileFindings:
        """Do one task."""
        left = {"saliency.npy": npy_bytes(np.abs(MAP)), "input-x-gradient.npy": npy_bytes(MAP), self.more: PICTURE}
        left |= {"faces": b"packed", "thumbnail": b"small"}
        return replace(super().__call__(task), record=json.dumps(RECORD), artefacts=left)


def judged(folder: Path, work: StubWork) -> JobTable:
    """A table of two equal files, another, and one that failed."""
    (folder / "media").mkdir()
    for name, text in (("1.jpg", "one"), ("2.jpg", "two"), ("again.jpg", "one"), ("bad.jpg", "broken")):
        (folder / "media" / name).write_text(text)
    run_batch(Batch([folder / "media"], folder / "jobs.db", "v1", "{}", work, executor="inline"))
    return JobTable(folder / "jobs.db")


def test_each_finished_file_has_its_record_maps_and_attacked_picture(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with judged(tmp_path, FoundWork()) as table:
        assert write_results(table, table.rows(), out) == (12, 2)
    assert {one.name[:64] for one in out.iterdir()} == {hashlib.sha256(text).hexdigest() for text in (b"one", b"two")}
    for folder in out.iterdir():
        maps = {f"{name}.{ending}" for name in ("saliency", "input-x-gradient") for ending in ("npy", "png")}
        assert {one.name for one in folder.iterdir()} == {"record.json", "attacked.png", *maps}
        assert json.loads((folder / "record.json").read_text(encoding="utf-8")) == RECORD
        assert (folder / "attacked.png").read_bytes() == PICTURE
        assert np.array_equal(np.load(folder / "input-x-gradient.npy"), MAP)
        drawn = np.asarray(Image.open(folder / "input-x-gradient.png"))
        assert np.array_equal(drawn, colour_map(MAP, signed=True))
        drawn = np.asarray(Image.open(folder / "saliency.png"))
        assert np.array_equal(drawn, colour_map(np.abs(MAP), signed=False))


def test_a_second_result_of_the_same_content_has_a_folder_of_its_own(tmp_path: Path) -> None:
    with judged(tmp_path, FoundWork()) as table:
        first, *_ = table.rows()
        (tmp_path / "more").mkdir()
        (tmp_path / "more" / "1.jpg").write_text("one")
        run_batch(Batch([tmp_path / "more"], tmp_path / "jobs.db", "v2", "{}", FoundWork(), executor="inline"))
        write_results(table, table.rows(), tmp_path / "out")
        (second,) = {row.key for row in table.rows() if row.sha256 == first.sha256} - {first.key}
    names = {one.name for one in (tmp_path / "out").iterdir()}
    assert {f"{first.sha256}-{str(key)[:12]}" for key in (first.key, second)} < names
    assert len(names) == 3


def test_a_folder_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path) -> None:
        if path.name == "saliency.png":
            raise OSError(errno.ENOSPC, "No space left on device")

    with judged(tmp_path, FoundWork()) as table:
        monkeypatch.setattr(files, "_flush", full)
        with pytest.raises(OSError, match="No space left"):
            write_results(table, table.rows(), tmp_path / "out")
    assert [one.name for one in (tmp_path / "out").rglob("*") if one.is_file()] == []


def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    work = FoundWork()
    work.more = "../attacked.png"
    with judged(tmp_path, work) as table, pytest.raises(InputError, match="named by letters, digits, dot, dash"):
        write_results(table, table.rows(), tmp_path / "out")
    assert list(tmp_path.rglob("attacked.png")) == []
