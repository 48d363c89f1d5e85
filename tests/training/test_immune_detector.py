"""Adversarial retraining of a detector: what is added, measured and kept, and that pages can choose it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from recorded_progress import RecordedProgress
from torch import nn
from typer.testing import CliRunner

from core.__main__ import app
from core.detectors import load
from core.detectors.checkpoints import status
from core.media_attack import samples
from core.studies import picture_training
from core.studies.attack_rounds import Lane, run_rounds
from core.studies.base import StudyContext
from core.studies.picture_attacks import AttackedPictures
from core.studies.picture_folders import Pictures
from core.studies.vgg_networks import RECIPES
from core.training import immune_detector as immune
from core.types import InputError, StopRequested

NETWORK, NAME = "resnet-blend", "hardened"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of pairs: the portrait's face cut in several places, and each with a blurred middle."""
    folder, rows = tmp_path_factory.mktemp("pairs"), []
    face = samples.portrait_face()
    left, top = (int(value) - 20 for value in face.box[:2])
    for number in range(8):
        real = cv2.resize(samples.portrait()[top + number : top + number + 200, left : left + 200], (224, 224))
        fake = real.copy()
        fake[80:160, 60:160] = cv2.GaussianBlur(real, (0, 0), 9)[80:160, 60:160]
        about = {"split": "train" if number < 5 else "val", "original": str(number)}
        for label, image in (("real", real), ("fake", fake)):
            Image.fromarray(image).save(folder / f"{number}-{label}.png")
            marks = (face.landmarks - np.array([left, top + number], np.float32)).tolist()
            rows.append({"file": f"{number}-{label}.png", "label": label, "landmarks": marks, **about})
    (folder / "dfdc.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return folder


@pytest.fixture(autouse=True)
def short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few epsilons, and the test's own folder of weights."""
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setattr(immune, "EPSILONS", (0.0, 8 / 255))
    monkeypatch.setattr(immune, "SWEPT", ("fgsm",))


def plan(**given: object) -> immune.ImmunePlan:
    asked = {"minutes": 9.0, "faces": (8, 4), "name": NAME} | given
    return immune.planned(NETWORK, "fgsm", **asked)  # type: ignore[arg-type]


def test_a_detector_is_retrained_measured_and_chosen(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = immune.immune_detector(plan(), data, tmp_path / "out")
    assert (found.faces, found.judged) == (10, 6)
    assert 0 < found.added <= found.attacked == 10
    for one in (found.before, found.after):
        assert one.tried == round(6 * one.clean_accuracy)
        assert 0 <= one.clean_accuracy <= 1
        assert [row.eps_255 for row in one.sweep] == [0, 8]
        assert one.sweep[1].robust <= one.sweep[0].robust
    assert json.loads((tmp_path / "out" / f"{NAME}.json").read_text())["added"] == found.added
    assert NAME in status.detector_names()
    crop = samples.portrait()[:200, :200]
    made, before = load(NAME), load(NETWORK)
    assert made.card.papers == before.card.papers
    assert f"retrained with {found.added} faces" in made.card.scope
    assert abs(made.verdict(crop).logits - before.verdict(crop).logits).max() > 0
    with pytest.raises(InputError, match=f"an own checkpoint {NAME} already"):
        plan()

    def never(*_: object, **__: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr("core.studies.attack_rounds.attack_pictures", never)
    monkeypatch.setattr(picture_training, "_step", never)
    again = immune.immune_detector(plan(name="again"), data, tmp_path / "out")
    assert again == found


def test_before_and_after_are_of_the_same_faces(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[float] = []

    def short(context: StudyContext, lanes: dict[str, Lane]) -> dict[str, AttackedPictures]:
        begun.append(context.begun)
        most = None if len(begun) == 1 else 2
        return run_rounds(context, {name: replace(lane, most=most) for name, lane in lanes.items()})

    faces = immune._faces

    def mistaken(*given: Any) -> Pictures:
        pictures = faces(*given)
        pictures.labels[0] = 1 - pictures.labels[0]
        return pictures

    monkeypatch.setattr(immune, "run_rounds", short)
    monkeypatch.setattr(immune, "_faces", mistaken)
    found = immune.immune_detector(plan(), data, tmp_path / "out")
    assert begun[1] > begun[0], "attacks after the retraining have minutes of their own"
    assert (found.faces, found.attacked) == (10, 9), "a misclassified face is not attacked"
    assert (found.judged, found.before.tried) == (6, 1), "of the first two, as after the retraining"
    assert found.after.tried <= 2
    assert all(one.turned <= one.tried for one in (found.before, found.after))


def test_a_stopped_retraining_keeps_what_was_attacked(data: Path, tmp_path: Path) -> None:
    def training(progress: RecordedProgress) -> bool:
        return any(text == "Training the network" for _, _, text in progress.told)

    with pytest.raises(StopRequested):
        immune.immune_detector(plan(), data, tmp_path, progress=RecordedProgress(training))
    assert NAME not in status.detector_names()
    assert sorted(path.parent.name for path in tmp_path.rglob("block-0000.npz")) == ["judged", "train"]


def test_batch_normalisation_keeps_what_it_knows() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout())
    picture_training._in_training(network, immune.RECIPE)
    assert [one.training for one in network] == [True, False, True]
    picture_training._in_training(network, replace(RECIPES["narrow"], batch=1))
    assert [one.training for one in network] == [True, True, True]
    network(torch.zeros(1, 3, 8, 8))


def test_bad_input_is_one_sentence(data: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"--immune is one of fgsm, one-pixel, pgd; what came is 'cw'"):
        immune.planned(NETWORK, "cw", minutes=1, faces=(2, 2), name=None)
    with pytest.raises(InputError, match=r"--network is one of efficientnet-lite0, .*; what came is 'none'"):
        immune.planned("none", "fgsm", minutes=1, faces=(2, 2), name=None)
    with pytest.raises(InputError, match="a name has up to 64"):
        plan(name="No Name")
    with pytest.raises(InputError, match="meso4-df is the name of a detector that is listed already"):
        plan(name="meso4-df")
    with pytest.raises(InputError, match="minutes above 0"):
        plan(minutes=0)
    with pytest.raises(InputError, match="holds neither pairs"):
        immune.immune_detector(plan(), tmp_path, tmp_path / "out")
    folders = ["--data", str(data), "--out", str(tmp_path / "out")]
    for given, words in (
        (["--immune", "cw"], "--immune is one of"),
        (["--immune", "fgsm", "--warm"], "it takes no --warm"),
        (["--name", "x"], "--name is of the detector that --immune makes"),
        (["--faces", "8"], "--faces is of the detector that --immune makes"),
        (["--judged", "8"], "--judged is of the detector that --immune makes"),
    ):
        made = CliRunner().invoke(app, ["train", "detector", *folders, *given])
        assert made.exit_code
        assert words in f"{made.output} {made.exception}"
