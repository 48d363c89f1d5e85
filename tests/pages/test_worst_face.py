"""Of several faces the worst is in focus, and its numbers are the file's, on Inspect and in the queue alike."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np
import page_runs
import pytest

from core.detectors import Detector
from core.detectors.video_rules import face_of_file, file_verdict
from core.engine.file_judging import BatchSettings, FileJudge
from core.media.images import encode_png
from core.output.analysis_record import analysis_record
from core.reports import file_analysis
from core.types import Array
from core.types.file_rows import FileTask
from pages.parts.session.judging import open_upload
from pages.parts.session.session import Session


@pytest.fixture(scope="module")
def pair(portrait: Array, forged: Array) -> bytes:
    """A real face beside its forgery, a little smaller, so that it is found second."""
    small = cv2.resize(forged, None, fx=0.85, fy=0.85, interpolation=cv2.INTER_AREA)
    right = np.zeros((len(portrait), small.shape[1], 3), np.uint8)
    right[: len(small)] = small
    return encode_png(np.hstack([portrait, right]))


@pytest.mark.slow
def test_inspect_and_the_queue_show_the_same_face(pair: bytes, shipped: Detector, tmp_path: Path) -> None:
    session = Session()
    open_upload(session, pair, "pair.png")
    assert session.job
    assert session.job.thread
    session.job.thread.join(120)
    assert session.job.problem is None
    scores = [one.verdict.p_fake for one in session.faces if one.verdict]
    assert len(scores) == 2
    assert scores[1] > scores[0], "the first face is not the worst"
    assert session.focus == 1
    (tmp_path / "pair.png").write_bytes(pair)
    task = FileTask("key", hashlib.sha256(pair).hexdigest(), tmp_path / "pair.png", "pair.png")
    row = FileJudge(BatchSettings())(task)
    verdict = session.faces[1].verdict
    assert verdict
    assert row.p_fake == pytest.approx(verdict.p_fake, abs=1e-6)
    assert (row.p_low, row.p_high) == verdict.interval
    shown = page_runs.run(page_runs.page("inspect", session))
    assert "face 2 of 2" in shown
    session.set_aside = None
    whole = file_verdict(session.faces, shipped.band_thresholds, still=True)
    assert face_of_file(whole) is session.faces[1]
    analysed = analysis_record(file_analysis.analyse(tmp_path / "pair.png"))["verdict"]
    assert (analysed["p_fake"], analysed["track"], analysed["band"]) == (
        pytest.approx(row.p_fake, abs=1e-6),
        session.faces[1].face.track,
        row.band,
    )
