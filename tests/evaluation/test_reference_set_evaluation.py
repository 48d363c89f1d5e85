"""A reference set asked of faces that are not in it, and by its command."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from recorded_progress import RecordedProgress, after_steps
from typer.testing import CliRunner

from core import pipeline, signatures
from core.__main__ import app
from core.detectors import Detector
from core.evaluation import reference_set_evaluation
from core.evaluation.foreign_faces import FOREIGN
from core.evaluation.reference_set_evaluation import IN_TURN, evaluate_set_on_faces
from core.media.images import encode_png
from core.signatures import KINDS, ReferenceSet, attack_classifiers, typical_distance
from core.types import Array, Face, InputError, StopRequested, content_id
from core.types.model_card import ReferenceSetCard

PEOPLE, SIDE, DARK, BRIGHT = 20, 12, 60, 190


def picture(rng: np.random.Generator, middle: int) -> Array:
    return (middle + rng.integers(-20, 21, (SIDE, SIDE, 3))).astype(np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Dark real pictures and bright forgeries of each person; the last has no face."""
    rng = np.random.default_rng(0)
    for kind, middle in (("real", DARK), ("fake", BRIGHT)):
        (tmp_path / kind).mkdir()
        for person in range(PEOPLE):
            (tmp_path / kind / f"{person:03d}.png").write_bytes(encode_png(picture(rng, middle)))
    return tmp_path


@pytest.fixture
def references(linear_detector: Detector) -> ReferenceSet:
    """Activations of other dark pictures, bright ones, and bright ones that were attacked, of 30 people."""
    rng, rows = np.random.default_rng(1), []
    for _ in range(30):
        forged = picture(rng, BRIGHT)
        attacked = pipeline.attacked_crop(pipeline.attack(linear_detector, forged, "pgd", {"eps": 16 / 255}))
        for crop in (picture(rng, DARK), forged, attacked):
            rows.append(pipeline.signatures_of(linear_detector, crop, ["activations"])["activations"].values)
    values, kinds = np.stack(rows), np.arange(90) % 3
    card = ReferenceSetCard(
        name="made", title="Made", detector="linear", signature="activations", kinds=KINDS, attacks=("none", "pgd")
    )
    attacks = (kinds == 2).astype(np.uint8)
    maps = np.zeros((90, 2, 2), np.float32)
    return ReferenceSet(values, values[:, :2], kinds, attacks, maps, typical_distance(values), card)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each picture is a face, that of the last person is none; ten trees."""

    def whole(path: Path) -> Face | None:
        if path.stem == f"{PEOPLE - 1:03d}":
            return None
        crop = pipeline.open_media(path).frame(0)
        return Face(content_id(crop), crop, (0, 0, SIDE, SIDE), np.zeros((5, 2)), 0, 1.0, 0)

    monkeypatch.setattr(reference_set_evaluation, "largest_found", whole)
    monkeypatch.setattr(attack_classifiers, "TREE_COUNT", 10)


def test_it_answers_as_the_set_is(folder: Path, linear_detector: Detector, references: ReferenceSet) -> None:
    progress = RecordedProgress()
    found = evaluate_set_on_faces(references, linear_detector, folder, progress=progress)
    assert (found.references, found.signature, found.detector) == ("made", "activations", "linear")
    assert found.counts == {"real": 19, "fake": 19, "attacked": 19, **dict.fromkeys(FOREIGN, 19)}
    assert (found.n, found.people, found.no_verdict) == (57, 19, 2)
    assert found.knn15["real"] == 1, "the dark ones are the real ones"
    assert found.knn15["fake"] > 0.5
    assert found.outside["clean"] < 0.3
    assert found.outside["noise"] == 1
    rows = found.classifier
    assert set(rows.found) == {f"{one}{jpeg}" for one in found.attacks for jpeg in ("", " as JPEG 75")}
    assert set(rows.alarms) == {"real", "fake", "real as JPEG 75", "fake as JPEG 75"}
    assert rows.alarms["real"] == 0
    assert sum(rows.n[one] for one in found.attacks) == 19
    assert max(rows.n[one] for one in found.attacks) - min(rows.n[one] for one in found.attacks) <= 1
    assert rows.found["pgd 16/255"] == 1
    assert found.auc_attacked is not None
    assert found.auc_attacked_interval is not None
    assert found.auc_attacked_interval[0] <= found.auc_attacked <= found.auc_attacked_interval[1]
    assert progress.told[-1] == (2 * PEOPLE, 2 * PEOPLE, "Asking the reference set, media")


def test_a_smaller_budget_changes_less(linear_detector: Detector) -> None:
    crop = picture(np.random.default_rng(2), BRIGHT)
    for name, settings in IN_TURN:
        attacked = pipeline.attacked_crop(pipeline.attack(linear_detector, crop, name, settings))
        changed = np.abs(attacked.astype(int) - crop).max()
        assert 0 < changed <= round(255 * float(str(settings["eps"])))


def test_it_can_be_stopped(folder: Path, linear_detector: Detector, references: ReferenceSet) -> None:
    with pytest.raises(StopRequested):
        evaluate_set_on_faces(references, linear_detector, folder, progress=RecordedProgress(after_steps(2)))


def test_a_folder_without_a_face_is_a_sentence(
    folder: Path, linear_detector: Detector, references: ReferenceSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference_set_evaluation, "largest_found", lambda _: None)
    with pytest.raises(InputError, match="none of 4 media has a face that can be judged"):
        evaluate_set_on_faces(references, linear_detector, folder, limit=2)


def test_another_detector_is_refused(folder: Path, random_detector: Detector, references: ReferenceSet) -> None:
    with pytest.raises(InputError, match="the reference signatures are of linear, not"):
        evaluate_set_on_faces(references, random_detector, folder)


def test_the_command_prints_it(
    folder: Path, linear_detector: Detector, references: ReferenceSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signatures, "load_reference_set", lambda name: {"made": references}[name])
    monkeypatch.setattr(pipeline, "load_detector", lambda name: {"linear": linear_detector}[name])
    asked = ["evaluate", "signatures", "--references", "made", "--data", str(folder), "--limit", "12", "--json"]
    ran = CliRunner().invoke(app, asked, catch_exceptions=False)
    found = json.loads(ran.stdout)["activations"]
    assert found["counts"]["real"] == 11, "of twelve evenly spaced one has no face"
    assert {"knn15", "auc_attacked", "auc_attacked_interval", "outside"} <= set(found)
    assert set(found["classifier"]) == {"found", "alarms", "n"}
