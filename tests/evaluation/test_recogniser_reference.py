"""What train recogniser-reference writes is what a recogniser reads, and is measured on the given faces."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from made_people import made_people, tiny_recogniser
from PIL import Image
from typer.testing import CliRunner

from core.__main__ import app
from core.evaluation import recogniser_reference
from core.recognition import load_recogniser as loading
from core.recognition import reference_scores
from core.types import InputError

MARKS = [[18.0, 20], [46, 20], [32, 34], [22, 46], [42, 46]]
FACES = 9


def test_the_reference_is_written_and_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setattr(loading, "load_recogniser", lambda name="tiny": tiny_recogniser())
    monkeypatch.setattr(reference_scores, "FOLDER", tmp_path / "out")
    reference_scores.reference_of.cache_clear()
    request.addfinalizer(reference_scores.reference_of.cache_clear)
    people, faces = tmp_path / "people", tmp_path / "faces"
    made_people(people)
    faces.mkdir()
    rng = np.random.default_rng(0)
    rows = []
    for k in range(FACES + 1):
        Image.fromarray(rng.integers(0, 255, (64, 64, 3), np.uint8)).save(faces / f"{k}.png")
        rows.append({"file": f"{k}.png", "split": "train" if k < FACES else "val", "landmarks": MARKS})
    (faces / "faces.jsonl").write_text("\n".join(map(json.dumps, rows)))
    asked = ["train", "recogniser-reference", "--data", str(faces), "--gallery", str(people), "--out"]
    with pytest.raises(InputError, match="want 50 faces of different people; faces has 9"):
        CliRunner().invoke(app, [*asked, str(tmp_path / "out")], catch_exceptions=False)
    assert not (tmp_path / "out").exists()

    monkeypatch.setattr(recogniser_reference, "MIN_REFERENCE", FACES)
    done = CliRunner().invoke(app, [*asked, str(tmp_path / "out")], catch_exceptions=False)
    assert "tiny.json written" in done.output
    found = reference_scores.reference_of("tiny")
    assert found
    assert (len(found.centre), found.comparisons) == (16, FACES * (FACES - 1) // 2)
    assert [rate for rate, _ in found.thresholds] == [0.01, 0.001]
    assert found.source.startswith("9 faces of faces for thresholds")
    chosen = recogniser_reference.reference_crops(faces, FACES)[::4]
    centre = np.mean([recogniser_reference._raw(tiny_recogniser(), crop) for crop in chosen], 0)
    assert np.allclose(found.centre, centre, rtol=1e-3, atol=1e-4)
