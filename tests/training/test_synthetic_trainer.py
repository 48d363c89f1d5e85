"""What tells wholly synthetic faces: on made pictures it learns, ships, and is read again."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from core.media.images import to_tensor
from core.synthetic_faces import NAME, load_synthetic_faces, synthetic_judge
from core.synthetic_faces.synthetic_network import SyntheticNetwork
from core.training import synthetic_examples
from core.training.synthetic_examples import load_examples, treat
from core.training.synthetic_release import release_synthetic_faces
from core.training.training_faces import read_image
from core.types import Array, InputError

MANY = 21  # of each source


def picture(rng: np.random.Generator, *, synthetic: bool) -> Array:
    """Smooth colours; a synthetic one has a grid of sixteen pixels over it, as an upsampling leaves one."""
    base = cv2.resize(rng.integers(60, 196, (5, 5, 3)).astype(np.float32), (224, 224), interpolation=cv2.INTER_CUBIC)
    if synthetic:
        base[::16] += 80
        base[:, ::16] += 80
    return np.clip(base, 0, 255).astype(np.uint8)


@pytest.fixture
def small() -> SyntheticNetwork:
    """Random stages on pictures of 48 pixels: quick."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = SyntheticNetwork()
    network.resize.size = 48
    return network


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, rng, rows = tmp_path_factory.mktemp("data"), np.random.default_rng(0), []
    for split in ("train", "val"):
        for kind in ("real", "made"):
            where = folder / "gan" / split / kind
            where.mkdir(parents=True)
            for i in range(MANY):
                Image.fromarray(picture(rng, synthetic=kind == "made")).save(where / f"{i}.png")
    (folder / "dfdc").mkdir()
    for i, label in enumerate(("real", "fake", "fake", "real")):
        Image.fromarray(picture(rng, synthetic=False)).save(folder / "dfdc" / f"{i}.png")
        rows.append({"file": f"{i}.png", "split": "train" if i < 2 else "val", "label": label})
    (folder / "dfdc" / "dfdc.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return folder


@pytest.fixture(autouse=True)
def pictures_are_faces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthetic_examples, "largest_face", read_image)


def test_sources_know_their_role(data: Path) -> None:
    found = {one.source: (one.role, len(one.images)) for one in load_examples(data, "train")}
    assert found == {
        "gan/made": ("synthetic", MANY),
        "gan/real": ("rival", MANY),
        "dfdc/real": ("other", 1),
        "dfdc/fake": ("other", 1),
    }, "a face swap is no synthetic face"


def test_data_without_both_kinds_are_refused(data: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no real/ in"):
        load_examples(data, "test")
    (tmp_path / "gan" / "train" / "real").mkdir(parents=True)
    with pytest.raises(InputError, match="holds no judgeable face of both kinds"):
        load_examples(tmp_path, "train")


def test_every_picture_is_encoded_anew() -> None:
    image = picture(np.random.default_rng(1), synthetic=False)
    for seed in range(8):
        found = treat(image, np.random.default_rng(seed))
        assert found.shape == image.shape
        assert found.dtype == np.uint8
        assert not np.array_equal(found, image)
        assert not np.array_equal(found, image[:, ::-1])
    assert np.array_equal(treat(image, np.random.default_rng(3)), treat(image, np.random.default_rng(3)))


@pytest.mark.slow
def test_the_network_learns_ships_and_is_read_again(
    data: Path, tmp_path: Path, small: SyntheticNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.training.synthetic_trainer.STEPS", 60)
    release_synthetic_faces(data, tmp_path, minutes=0, network=small)
    card = json.loads((tmp_path / f"{NAME}.json").read_text())
    assert card["training"]["val_auc"]["as it is"] > 0.9
    assert card["training"]["pictures"] == {"gan/made": MANY, "gan/real": MANY, "dfdc/fake": 1, "dfdc/real": 1}
    judge = load_synthetic_faces(folder=tmp_path)
    judge.network.resize.size = 48
    image = picture(np.random.default_rng(9), synthetic=True)
    answer, margin = judge.answer_with_margin(image)
    assert margin == pytest.approx(float(small(to_tensor(image))[0]), abs=1e-4)
    assert answer.p_synthetic == pytest.approx(judge.probability(margin))
    calibration = tmp_path / f"{NAME}.calibration.json"
    calibration.write_text(calibration.read_text().replace(str(card["sha256"]), "1" * 64))
    synthetic_judge._load.cache_clear()
    with pytest.raises(InputError, match="was made for other weights than those of the card"):
        load_synthetic_faces(folder=tmp_path)
    synthetic_judge._load.cache_clear()


def test_a_val_split_that_cannot_calibrate_is_refused_before_the_work(
    data: Path, tmp_path: Path, small: SyntheticNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.training.synthetic_trainer.MIN_FACES", MANY + 1)
    with pytest.raises(InputError, match="calibrates by 22 .* faces and more; what came is"):
        release_synthetic_faces(data, tmp_path, minutes=0, network=small)
