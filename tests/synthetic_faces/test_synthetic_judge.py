"""Whether a face is wholly synthetic: the shipped network and its words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core import pipeline
from core.media.images import encode_png
from core.output.analysis_record import analysis_record
from core.reports import file_analysis
from core.synthetic_faces import SyntheticFaces, load_synthetic_faces
from core.types import Array
from core.types.synthetic_answer import NO_SIGN, SYNTHETIC, SYNTHETIC_ANSWERS, UNDECIDED, UNKNOWN


@pytest.fixture(scope="module")
def judge() -> SyntheticFaces:
    return load_synthetic_faces()


def test_a_photograph_is_not_called_synthetic(judge: SyntheticFaces, crop: Array) -> None:
    answer = pipeline.answer_synthetic(crop)
    assert answer.label != SYNTHETIC
    assert answer.p_synthetic is not None
    assert answer.p_synthetic < judge.calibration.bands.high


def test_what_is_no_face_is_outside_of_what_it_knows(judge: SyntheticFaces) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (96, 96, 3)).astype(np.uint8)
    answer = judge.answer(noise)
    assert answer.label == UNKNOWN
    assert "too unlike" in str(answer.reason)


@pytest.mark.slow
def test_the_record_has_the_answer(judge: SyntheticFaces, portrait: Array, tmp_path: Path) -> None:
    path = tmp_path / "portrait.png"
    path.write_bytes(encode_png(portrait))
    (face,) = analysis_record(file_analysis.analyse(path))["faces"]
    assert face["synthetic"]["label"] in SYNTHETIC_ANSWERS
    assert 0 <= face["synthetic"]["p_synthetic"] <= 1
    assert face["synthetic"]["scope"] == judge.card.scope


def test_words_follow_the_edges(judge: SyntheticFaces) -> None:
    low, high = judge.calibration.bands.low, judge.calibration.bands.high
    assert [judge.word(p) for p in (low, (low + high) / 2, high)] == [NO_SIGN, UNDECIDED, SYNTHETIC]
