"""Verification: the AUC over all pairs, its interval by person, and the command."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from made_people import made_people, tiny_recogniser
from sklearn.metrics import roc_auc_score
from typer.testing import CliRunner

from core.__main__ import app
from core.evaluation.verification_pairs import score_pairs, verification_pairs
from core.recognition import load_recogniser as loading
from core.types import Array, InputError


def people_vectors(people: int, photos: int, spread: float, seed: int = 0) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    vectors = np.repeat(rng.standard_normal((people, 8)), photos, 0) + spread * rng.standard_normal(
        (people * photos, 8)
    )
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), np.repeat(np.arange(people), photos)


def test_the_auc_is_that_of_scikit_learn() -> None:
    vectors, owner = people_vectors(7, 4, 1.2)
    pairs = verification_pairs(vectors, owner, np.arange(len(owner)))
    assert (len(pairs.genuine), len(pairs.impostor)) == (7 * 6, 28 * 27 // 2 - 42)
    found = score_pairs(pairs)
    labels = np.r_[np.ones(len(pairs.genuine)), np.zeros(len(pairs.impostor))]
    assert found.auc == pytest.approx(roc_auc_score(labels, np.r_[pairs.genuine, pairs.impostor]), abs=1e-9)
    assert found.auc is not None
    assert found.interval
    assert found.interval[0] < found.auc < found.interval[1]
    for point in found.points:
        assert (pairs.impostor >= point.threshold).mean() <= point.fmr
        assert point.recognised == pytest.approx((pairs.genuine >= point.threshold).mean())


def test_copies_of_a_photo_count_once() -> None:
    vectors, owner = people_vectors(3, 4, 0.5)
    alike = np.arange(len(owner))
    alike[1] = 0
    fewer = np.delete(np.arange(len(owner)), 1)
    pairs = verification_pairs(vectors, owner, alike)
    assert np.array_equal(pairs.genuine, verification_pairs(vectors[fewer], owner[fewer], fewer).genuine)


def test_more_people_make_the_interval_narrower() -> None:
    few, many = (
        score_pairs(verification_pairs(*people_vectors(n, 4, 1.5), np.arange(4 * n))).interval for n in (6, 40)
    )
    assert few
    assert many
    assert many[1] - many[0] < (few[1] - few[0]) / 2


def test_the_command_prints_both_scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "load_recogniser", lambda name="tiny": tiny_recogniser())
    people = made_people(tmp_path / "people")
    asked = ["evaluate", "recogniser", "--gallery", str(people), "--no-cache"]
    done = CliRunner().invoke(app, [*asked, "--json"], catch_exceptions=False)
    found = json.loads(done.stdout)
    assert (found["recogniser"], found["people"], found["photos"]) == ("tiny", 2, 4)
    assert found["all_photos"]["genuine"] + found["all_photos"]["impostor"] == 6
    assert "all photos: AUC" in CliRunner().invoke(app, asked, catch_exceptions=False).stdout
    (people / "ann" / "photo" / "b.png").unlink()
    (people / "bob" / "b.png").unlink()
    with pytest.raises(InputError, match="two different photos of one; came 0 pairs of one person and 1 of two"):
        CliRunner().invoke(app, asked, catch_exceptions=False)
