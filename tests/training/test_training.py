"""Trainers: small runs that resume, repeat and write what they promise; controls against shortcuts."""

from __future__ import annotations

import json
import shutil
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from recorded_progress import RecordedProgress
from uncompiled import short_umap

from core.detectors import Detector, ensemble, load, pretrained_starts
from core.detectors.architectures.efficientnet_lite import EfficientNetLite0
from core.detectors.calibration import fit as core_calibration
from core.engine import reference_rows
from core.evaluation import calibration_run, fold_judges
from core.media_attack import samples
from core.signatures import load_reference_set
from core.storage.cards import load_weights
from core.training import (
    attack_detector_trainer,
    detector_trainer,
    reference_release,
    release,
    signature_references,
    trained_networks,
    training_faces,
    training_recipe,
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
        rows.append(
            {
                "file": f"{i}.png",
                "split": split,
                "landmarks": (found.landmarks - np.asarray([x, y], np.float32)).tolist(),
            }
        )
    (folder / "faces.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return folder


@pytest.fixture(scope="module")
def both(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with stills in `faces/`, and in `dfdc/` pairs of them: of the same frame, of another, hardly changed."""
    folder = tmp_path_factory.mktemp("both")
    shutil.copytree(data, folder / "faces")
    (folder / "dfdc").mkdir()
    rows: list[dict[str, object]] = []
    for number, row in enumerate(map(json.loads, (data / "faces.jsonl").read_text().splitlines())):
        real = cv2.resize(np.asarray(Image.open(data / row["file"])), (224, 224))
        marks = (np.asarray(row["landmarks"]) * 1.12).tolist()
        name, split = f"{number}.png", row["split"]
        Image.fromarray(real).save(folder / "dfdc" / name)
        rows.append({"file": name, "split": split, "label": "real", "original": str(number), "landmarks": marks})
        same = real.copy()
        same[80:160, 60:160] = cv2.GaussianBlur(real, (0, 0), 9)[80:160, 60:160]
        for kind, fake in {"same": same, "other": np.roll(real, 25, 1), "copy": real}.items():
            Image.fromarray(fake).save(folder / "dfdc" / f"{number}-{kind}.png")
            rows.append({"file": f"{number}-{kind}.png", "split": split, "label": "fake", "original": str(number)})
    (folder / "dfdc" / "dfdc.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return folder


def test_pairs_know_their_frame_and_leave_out_copies(both: Path) -> None:
    pairs = training_recipe.load_pairs(both / "dfdc", "train")
    assert len(pairs.originals.images) == 5
    assert len(pairs.fakes) == 10, "the copies teach nothing"
    assert pairs.same_frame.tolist() == [True, False] * 5
    mask = training_recipe.mask_of_pair(pairs.fakes[0], pairs.originals.images[pairs.original_of[0]])
    assert mask[100:140, 80:140].mean() > 5 * mask[:40].mean()


def test_data_that_is_not_there(tmp_path: Path, both: Path) -> None:
    with pytest.raises(InputError, match="holds neither pairs"):
        training_recipe.load_training_data(tmp_path, "train")
    with pytest.raises(InputError, match=r"no dfdc\.jsonl in"):
        training_recipe.load_pairs(tmp_path, "train")
    with pytest.raises(InputError, match="lists no fake of the split 'exam'"):
        training_recipe.load_pairs(both / "dfdc", "exam")
    with pytest.raises(InputError, match="no network 'vgg'"):
        trained_networks.supervised("vgg")


def test_the_mask_is_cut_to_what_the_network_sees() -> None:
    network = trained_networks.supervised("efficientnet-lite0", EfficientNetLite0().state_dict())
    logits, dense = network(torch.rand(2, 3, 224, 224))
    assert logits.shape == (2, 2)
    assert [tuple(part.shape) for part in dense] == [(2, 1, 12, 12)]
    assert network.centre(torch.zeros(2, 1, 56, 56)).shape == (2, 1, 48, 48)
    assert all(weight.requires_grad for weight in network.detector.parameters())


def normalised(x: torch.Tensor, norm: list[torch.Tensor]) -> torch.Tensor:
    """Batch normalisation by a published mean, variance, weight and bias."""
    mean, variance, weight, bias = norm
    return torch.nn.functional.batch_norm(x, mean, variance, weight, bias, training=False, eps=1e-3)


def test_published_weights_are_folded_exactly() -> None:
    """A second route: the same first layers with their batch normalisation, unfolded, give the same features."""
    torch.manual_seed(0)
    ours = EfficientNetLite0()
    state: dict[str, torch.Tensor] = {}

    def published(module: torch.nn.Module, prefix: str, names: list[tuple[str, str]]) -> None:
        for conv, (weight, norm) in zip(
            [m for m in module.modules() if isinstance(m, torch.nn.Conv2d)], names, strict=True
        ):
            state[f"{prefix}{weight}.weight"] = torch.randn_like(conv.weight) * 0.1
            for key in ("running_mean", "weight", "bias"):
                state[f"{prefix}{norm}.{key}"] = torch.randn(conv.out_channels)
            state[f"{prefix}{norm}.running_var"] = torch.rand(conv.out_channels) + 0.5

    published(ours.stem, "", [("_conv_stem", "_bn0")])
    for number, block in enumerate(ours.blocks):
        names = [("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2")]
        published(block, f"_blocks.{number}.", names[1:] if number == 0 else names)
    published(ours.head, "", [("_conv_head", "_bn1")])
    folded = pretrained_starts.from_published(state)
    x = torch.rand(1, 3, 32, 32)
    y = torch.nn.functional.conv2d(x, state["_conv_stem.weight"], None, 2, 1)
    norm = [state[f"_bn0.{key}"] for key in ("running_mean", "running_var", "weight", "bias")]
    wanted = normalised(y, norm).clamp(0, 6)
    assert torch.allclose(folded.stem(x), wanted, atol=1e-5)
    middle = torch.nn.functional.conv2d(wanted, state["_blocks.0._depthwise_conv.weight"], None, 1, 1, groups=32)
    norm = [state[f"_blocks.0._bn1.{key}"] for key in ("running_mean", "running_var", "weight", "bias")]
    middle = normalised(middle, norm).clamp(0, 6)
    out = torch.nn.functional.conv2d(middle, state["_blocks.0._project_conv.weight"])
    norm = [state[f"_blocks.0._bn2.{key}"] for key in ("running_mean", "running_var", "weight", "bias")]
    out = normalised(out, norm)
    assert torch.allclose(folded.blocks[0](folded.stem(x)), out, atol=1e-4)


def test_pairs_depend_on_seed_and_index_alone(both: Path) -> None:
    found = training_recipe.load_training_data(both, "train")
    made = training_recipe.TrainingPairs(found, seed=3)
    later = training_recipe.TrainingPairs(found, seed=3, start=4)
    for a, b in zip(made[5], later[1], strict=True):
        assert torch.equal(a, b)
    real, fake, mask, known = made[0]
    assert real.shape == fake.shape == (3, 224, 224)
    assert real.dtype == torch.uint8
    assert mask.shape == (1, 56, 56)
    assert known.item() in (0, 1)


@pytest.mark.slow
def test_degradations_tell_nothing_about_the_label(data: Path) -> None:
    """A control: sharpness and noise of real and forged images do not separate them (they share every loss)."""
    pairs = training_recipe.TrainingPairs(training_recipe.load_training_data(data, "train"), seed=0)
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
    clock = count()  # a step takes a second, on every machine
    monkeypatch.setattr(detector_trainer, "time", SimpleNamespace(monotonic=lambda: float(next(clock))))
    monkeypatch.setattr(detector_trainer, "PAIRS", 2)
    progress = RecordedProgress()
    detector_trainer.train_detector(data, tmp_path, minutes=0.02, network="resnet-blend", workers=0, progress=progress)
    _, facts = detector_trainer.train_detector(
        data, tmp_path, minutes=0.05, network="resnet-blend", workers=0, progress=progress
    )
    assert any(line.startswith("going on from step 2 ") for line in progress.emitted)
    assert facts.steps == 3
    assert set(facts.val_auc["stills"]) == set(training_faces.KINDS)
    monkeypatch.setattr(core_calibration, "MIN_FACES", 5)
    made = release.release_detector(data, tmp_path, minutes=0.02, network="resnet-blend", progress=progress)
    assert made.calibration is not None
    assert json.loads((tmp_path / "resnet-blend.calibration.json").read_text())["weights_sha256"] == made.card.sha256
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
    assert names[0][0] == "0000-resynthesis.png"
    images = [np.asarray(Image.open(tmp_path / label / names[0][0])) for label in ("real", "fake")]
    assert images[0].shape == images[1].shape
    assert (images[0] != images[1]).any()


def test_media_that_share_a_source_are_held_out_together() -> None:
    assert fold_judges.source_of(Path("0003-warp.png")) == fold_judges.source_of(Path("0003-swap.png")) == "0003"
    assert fold_judges.source_of(Path("634.mp4")) == fold_judges.source_of(Path("634_660.mp4")) == "634"
    assert fold_judges.source_of(Path("dfdc_real_abc.jpg")) != fold_judges.source_of(Path("dfdc_fake_xyz.jpg"))
    assert fold_judges.source_of(Path("images/634_660/0001.png")) == fold_judges.source_of(Path("images/634/0007.png"))
    assert fold_judges.source_of(Path("01_27__kitchen_pan__ABC.mp4")) == fold_judges.source_of(Path("01__talking.mp4"))
    apart = [
        Path(f"images/{name}/0000.png") for name in ("634", "660", "634_660", "01__pan", "02__pan", "01_02__pan__X")
    ]
    assert fold_judges.source_groups(apart) == [{"634", "660"}, {"01", "02"}]


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
    assert record.no_verdict == 1
    assert record.rows
    assert record.n_real == record.n_fake == len(record.rows.id) / 2
    assert record.limits
    assert record.ood
    assert record.ood.cut > 0
    stack = ensemble.train_stack({"a": record, "b": record})
    assert stack.measured.n == record.n_real * 2


@pytest.mark.slow
def test_a_warm_start_begins_with_the_shipped_weights(shipped: Detector) -> None:
    weights = load_weights(shipped.name, shipped.card)
    run = detector_trainer.begin(shipped.name, "cpu", 0, weights, None)
    for made in (run.model, run.average):
        assert all(torch.equal(value, weights[key].float()) for key, value in made.detector.state_dict().items())


@pytest.mark.slow
def test_the_attack_detector_trains_and_ships(data: Path, tmp_path: Path, random_detector: Detector) -> None:
    release.release_attack_detector(random_detector, data, tmp_path, minutes=0.001)
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
    assert parts["thumbnails"].shape == (6, reference_rows.THUMBNAIL, reference_rows.THUMBNAIL)
    assert (parts["attacks"][2::3] > 0).all()


def test_a_reference_set_of_any_kind(data: Path, random_detector: Detector, monkeypatch: pytest.MonkeyPatch) -> None:
    few = training_faces.load_faces(data, "val", limit=1)
    plain = signature_references.collect(random_detector, few, seed=0, kind="activations")
    assert plain["values"].shape[0] == 3
    assert plain["values"].max() > 0
    seen = np.resize(np.arange(6, dtype=np.uint8), few.images.shape[1:3])
    monkeypatch.setattr(signature_references, "regions_of_crop", lambda _: seen)
    assert signature_references.collect(random_detector, few, seed=0, kind="lrp-regions")["values"].shape == (3, 12)
    monkeypatch.setattr(signature_references, "regions_of_crop", lambda _: None)
    with pytest.raises(InputError, match="in none of 1 faces the regions were found that lrp-regions is made of"):
        signature_references.collect(random_detector, few, seed=0, kind="lrp-regions")
    with pytest.raises(InputError, match="a reference set takes 10 faces at least; there are 1"):
        signature_references.make_reference_set(random_detector, data, limit=1)


@pytest.mark.slow
def test_the_reference_set_is_released_and_read(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, random_detector: Detector
) -> None:
    few = signature_references.collect(random_detector, training_faces.load_faces(data, "val"), seed=0)
    many = {name: np.tile(part, (15, *[1] * (part.ndim - 1))) for name, part in few.items()}
    many["values"] = many["values"] + np.random.default_rng(0).normal(0, 1e-3, many["values"].shape).astype(np.float16)
    many["people"] = np.repeat(np.arange(30), 3)
    monkeypatch.setattr(signature_references, "collect", lambda *_, **__: dict(many))
    with short_umap(5):
        reference_release.release_signatures(random_detector, data, tmp_path)
        reference_release.release_signatures(random_detector, data, tmp_path, kind="activations", name="others")
    other = load_reference_set("others", folder=tmp_path).card
    assert other.signature == "activations"
    assert other.command.endswith("--seed 0 --kind activations --detector random")
    assert reference_release.set_name("random", "activations") == "signatures-activations-random"
    found = load_reference_set(folder=tmp_path)
    assert (found.card.detector, found.card.signatures, found.card.kinds) == (
        "random",
        90,
        ("real", "fake", "attacked"),
    )
    assert found.card.attacks[0] == "none"
    assert found.coordinates.shape == (90, 2)
    assert np.isfinite(found.coordinates).all()
    assert len(np.unique(found.coordinates, axis=0)) > 80, "each signature has its place"
