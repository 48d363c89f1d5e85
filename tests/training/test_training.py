"""Trainers: small runs that resume, repeat and write what they promise; controls against shortcuts."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from core.detectors import Detector, ensemble, load
from core.detectors.calibration import fit as core_calibration
from core.evaluation import calibration_run
from core.media_attack import samples
from core.storage.cards import load_weights
from core.training import (
    attack_detector_trainer,
    detector_trainer,
    release,
    signature_references,
    training_faces,
    validation,
)
from core.types import InputError


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of faces in the form of the real one: the portrait's face, cut and tinted in nine ways."""
    folder = tmp_path_factory.mktemp("faces")
    found, rows = samples.portrait_face(), []
    left, top = (int(v) - 20 for v in found.box[:2])
    for i in range(9):
        x, y = left + i, top + i
        image = samples.portrait()[y : y + 200, x : x + 200]
        Image.fromarray(cv2.convertScaleAbs(image, alpha=0.8 + i / 20)).save(folder / f"{i}.png")
        split = "train" if i < 5 else "val" if i < 7 else "test"
        rows.append({"file": f"{i}.png", "split": split, "landmarks": (found.landmarks - np.float32([x, y])).tolist()})
    (folder / "faces.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return folder


def test_pairs_depend_on_seed_and_index_alone(data: Path) -> None:
    made = training_faces.ForgedPairs(training_faces.load_faces(data, "train"), length=10, seed=3)
    later = training_faces.ForgedPairs(training_faces.load_faces(data, "train"), length=10, seed=3, start=4)
    for a, b in zip(made[5], later[1], strict=True):
        assert torch.equal(a, b)
    real, fake, mask = made[0]
    assert real.shape == fake.shape == (3, 200, 200)
    assert real.dtype == torch.uint8
    assert mask.shape == (1, 50, 50)


@pytest.mark.slow
def test_degradations_tell_nothing_about_the_label(data: Path) -> None:
    """A control: sharpness and noise of real and forged images do not separate them (they share every loss)."""
    pairs = training_faces.ForgedPairs(training_faces.load_faces(data, "train"), length=60, seed=0, warm_up=1)
    corner = [(p[0][:, :24, :24].float().std(), p[1][:, :24, :24].float().std()) for p in (pairs[i] for i in range(60))]
    same = np.mean([abs(float(a - b)) < 1.0 for a, b in corner])
    assert same > 0.8, "outside of the face a pair is alike"


def test_a_folder_without_its_list_or_split(tmp_path: Path, data: Path) -> None:
    with pytest.raises(InputError, match=r"no faces.jsonl in"):
        training_faces.load_faces(tmp_path, "train")
    with pytest.raises(InputError, match="lists no face of the split 'exam'"):
        training_faces.load_faces(data, "exam")


@pytest.mark.slow
def test_the_detector_trains_resumes_and_ships(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detector_trainer, "PAIRS", 2)
    lines: list[str] = []
    detector_trainer.train_detector(data, tmp_path, minutes=0.02, workers=0, report=lines.append)
    _, facts = detector_trainer.train_detector(data, tmp_path, minutes=0.2, workers=0, report=lines.append)
    assert any(line.startswith("going on from step") for line in lines)
    assert facts["steps"] > 1
    assert set(facts["val_auc"]) == {"all", *training_faces.KINDS}
    monkeypatch.setattr(core_calibration, "MIN_FACES", 5)
    made = release.release_detector(data, tmp_path, minutes=0.02, report=lines.append)
    assert made.calibration is not None
    assert json.loads((tmp_path / "resnet-blend.calibration.json").read_text())["weights_sha256"] == made.card["sha256"]
    card = json.loads((tmp_path / "resnet-blend.json").read_text())
    assert card["training"]["seed"] == 0
    assert "python -m core train detector" in card["command"]
    again = load("resnet-blend", folder=tmp_path)
    crop = samples.portrait_face().crop
    assert again.verdict(crop).logits == pytest.approx(made.verdict(crop).logits, abs=1e-5)


def test_validation_pairs_are_written_alike(data: Path, tmp_path: Path) -> None:
    assert validation.write_validation(data, tmp_path, seed=1) == 2 * len(training_faces.KINDS)
    names = [sorted(path.name for path in (tmp_path / label).iterdir()) for label in ("real", "fake")]
    assert names[0] == names[1]
    assert names[0][0] == "0000-self-blend.png"
    images = [np.asarray(Image.open(tmp_path / label / names[0][0])) for label in ("real", "fake")]
    assert images[0].shape == images[1].shape
    assert (images[0] != images[1]).any()


def test_media_that_share_a_source_are_held_out_together() -> None:
    assert (
        calibration_run.source_of(Path("0003-warp.png")) == calibration_run.source_of(Path("0003-swap.png")) == "0003"
    )
    assert calibration_run.source_of(Path("634.mp4")) == calibration_run.source_of(Path("634_660.mp4")) == "634"
    assert calibration_run.source_of(Path("dfdc_real_abc.jpg")) != calibration_run.source_of(Path("dfdc_fake_xyz.jpg"))


@pytest.mark.slow
def test_a_detector_is_calibrated_on_a_folder(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, random_detector: Detector
) -> None:
    monkeypatch.setattr(ensemble, "MIN_FACES", 8)
    monkeypatch.setattr(core_calibration, "MIN_FACES", 5)
    monkeypatch.setattr(calibration_run, "MIN_LIMIT_FACES", 10)
    validation.write_validation(data, tmp_path)
    (tmp_path / "fake" / "broken.png").write_bytes(b"no image")
    record = calibration_run.calibrate_on(random_detector, tmp_path)
    assert record["no_verdict"] == 1
    assert record["n_real"] == record["n_fake"] == len(record["rows"]["id"]) / 2
    assert {"sharpness", "turned"} == set(record["limits"])
    assert record["familiarity"]["cut"] > 0
    stack = ensemble.train_stack({"a": record, "b": record})
    assert stack.measured["n"] == record["n_real"] * 2


@pytest.mark.slow
def test_a_warm_start_begins_with_the_shipped_weights(shipped: Detector) -> None:
    weights = load_weights("resnet-blend", shipped.card)
    run = detector_trainer._start("cpu", 0, weights)
    for made in (run.model, run.average):
        assert all(torch.equal(value, weights[key]) for key, value in made.detector.state_dict().items())


@pytest.mark.slow
def test_the_attack_detector_trains_and_ships(data: Path, tmp_path: Path, random_detector: Detector) -> None:
    release.release_attack_detector(random_detector, data, tmp_path, minutes=0.001, report=lambda _: None)
    card = json.loads((tmp_path / "detect-resnet.json").read_text())
    assert card["detector"] == "random"
    assert {"accuracy", "auc", "accuracy_called_real"} <= set(card["training"]["val"])
    assert (tmp_path / card["file"]).stat().st_size < 12 * 2**20


def test_examples_are_pairs_at_the_budget(data: Path, random_detector: Detector) -> None:
    train = training_faces.load_faces(data, "train")
    made = attack_detector_trainer.examples(random_detector, train, np.arange(3), "pgd", [{"steps": 2}], seed=0)
    assert made.attacked.tolist() == [False] * 3 + [True] * 3
    change = (made.crops[3:] - made.crops[:3]).abs()
    assert 0 < float(change.max()) <= 16 / 255 + 2e-3
    assert float(made.maps.abs().max()) <= 1


@pytest.mark.slow
def test_the_bank_is_made_from_three_kinds(data: Path, random_detector: Detector) -> None:
    parts = signature_references.collect(random_detector, training_faces.load_faces(data, "val"), seed=0)
    assert parts["kinds"].tolist() == [0, 1, 2] * 2
    assert np.abs(parts["values"].astype(np.float32)).sum(1) == pytest.approx(np.ones(6), abs=0.02)
    assert parts["thumbnails"].shape == (6, signature_references.THUMBNAIL, signature_references.THUMBNAIL)
    assert (parts["attacks"][2::3] > 0).all()
