"""Klawikowska's study on made pictures: counting, retraining, maps, planes, what is kept, bad input."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from made_pictures import made_pictures
from other_device import NAME as NAME_ELSEWHERE
from other_device import other_device
from recorded_progress import RecordedProgress
from torch import Tensor, nn
from typer.testing import CliRunner
from uncompiled import short_umap

from core.__main__ import app
from core.detectors.device import put_on
from core.output.value_records import value_record
from core.storage.cards import read_card
from core.studies import (
    cats_dogs_attacks,
    cats_dogs_table,
    klawikowska_paper,
    picture_attacks,
    picture_training,
    umap_places,
    vgg_networks,
)
from core.studies.cats_dogs_data import CLEAR
from core.studies.cats_dogs_maps import framed
from core.studies.picture_attacks import AttackedPictures, fgsm_by_gain, joined
from core.studies.picture_folders import Pictures, read_pictures
from core.studies.picture_relevance import picture_relevance
from core.studies.picture_training import Training
from core.studies.study_run import kept_table, run_study, write_study
from core.studies.umap_places import neighbour_shares
from core.studies.vgg_networks import IMAGENET, RECIPES, NarrowVgg, build, for_inference
from core.types import InputError, StopRequested
from core.types.model_card import ModelCard
from core.types.study_tables import StudyTable

NAME = "klawikowska2020"
SMALL = {"population": 8, "generations": 2}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_pictures(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("studies")


@pytest.fixture(scope="module", autouse=True)
def short() -> Iterator[None]:
    """A network of fewer channels, few epochs, and gains of FGSM large enough for any network."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vgg_networks, "WIDTHS", (8, 16, 32, 64))
        recipe = replace(RECIPES["narrow"], epochs=10, rate=0.03, batch=6, again=2)
        patch.setitem(vgg_networks.RECIPES, "narrow", recipe)
        patch.setattr(picture_attacks, "GAINS", (1, 4, 16, 64))
        yield


@pytest.fixture(scope="module")
def accuracy(data: Path, cache: Path) -> StudyTable:
    return run_study(NAME, data=data, cache=cache, settings=SMALL)


def number(found: StudyTable, row: int, column: int) -> float:
    value = found.rows[row][column]
    assert isinstance(value, int | float)
    return value


def test_the_papers_numbers_are_of_clear_and_successfully_attacked_pictures() -> None:
    clear, fgsm, pixel, _, _ = klawikowska_paper.ACCURACY
    whole, with_fgsm, with_pixel, _, _ = klawikowska_paper.PICTURES
    right = clear / 100 * whole
    assert 100 * right / with_fgsm == pytest.approx(fgsm, abs=0.005)
    assert 100 * right / with_pixel == pytest.approx(pixel, abs=0.15)  # three pictures more than that


def test_table_1_counts_as_the_paper(accuracy: StudyTable) -> None:
    assert accuracy.n == 16
    assert accuracy.paper
    assert accuracy.paper[0][1:] == klawikowska_paper.ACCURACY
    right = number(accuracy, 0, 1) / 100 * accuracy.n
    assert right > accuracy.n / 2
    for column in (2, 3):  # the clear network is wrong on all that was turned
        assert number(accuracy, 0, column) == pytest.approx(100 * right / number(accuracy, 1, column), abs=0.01)
    assert number(accuracy, 1, 2) > accuracy.n
    assert number(accuracy, 1, 4) == number(accuracy, 1, 2)
    for column in range(1, 6):  # clear and attacked pictures together are the first row
        both, low, high = number(accuracy, 1, column), *(float(x) for x in str(accuracy.rows[2][column]).split(" to "))
        attacked = 0 if both == 16 else number(accuracy, 4, column) * (both - 16)
        assert number(accuracy, 0, column) == pytest.approx(
            (16 * number(accuracy, 3, column) + attacked) / both, abs=0.01
        )
        assert low <= number(accuracy, 0, column) <= high
    assert number(accuracy, 4, 2) == 0
    assert number(accuracy, 0, 4) >= number(accuracy, 0, 2)  # retraining mends some
    added = accuracy.settings["of these added to the training set, FGSM"]
    assert isinstance(added, int)
    assert 0 < added <= 24
    for said in ("Both attacks were tried on the same 16 pictures", "Attacked anew, FGSM turns ", "(95 % interval "):
        assert said in " ".join(accuracy.notes), said
    for said in ("Columns are of different pictures", "Time was over"):
        assert said not in " ".join(accuracy.notes), said


def test_table_1_says_which_columns_are_of_other_pictures() -> None:
    few, more = (AttackedPictures(n, torch.zeros(0), torch.zeros(0), torch.zeros(0)) for n in (4, 6))
    attacks, network = cats_dogs_attacks.attacks_of(8, 2), nn.Identity()

    def words(*tried: AttackedPictures) -> str:
        both = zip(attacks, tried, strict=True)
        found = tuple(cats_dogs_attacks.AttackedNetwork(attack, one, one, network, None) for attack, one in both)
        return cats_dogs_table._clear_words(found, [75.0, 66.7])

    assert (
        words(few, few) == "Both attacks were tried on the same 4 pictures, of which the clear network reads 75.0 % cor"
        "rectly."
    )
    assert words(more, few).startswith("Columns are of different pictures: of the clear ones that FGSM was tried on")


def test_networks_are_kept_with_their_cards(accuracy: StudyTable, cache: Path) -> None:
    folder = next(path.parent for path in cache.rglob(f"{CLEAR}.json"))
    names = sorted(path.stem for path in folder.glob("*.safetensors"))
    assert len(names) == 3
    immune = read_card(names[1], ModelCard, folder=folder)
    assert immune.training["attacked"] == 24
    assert read_card(CLEAR, ModelCard, folder=folder).parameters == sum(p.numel() for p in NarrowVgg().parameters())
    assert not list(folder.glob("*.partial.pt"))


def test_what_is_kept_is_not_computed_again(
    accuracy: StudyTable, data: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr("core.studies.attack_rounds.attack_pictures", never)
    monkeypatch.setattr(picture_training, "_step", never)
    assert run_study(NAME, data=data, cache=cache, settings=SMALL).rows == accuracy.rows


def test_a_stopped_training_ends_with_the_same_weights(
    accuracy: StudyTable, data: Path, cache: Path, tmp_path: Path
) -> None:
    def two_epochs(progress: RecordedProgress) -> bool:
        return any(text == "Training the network" and done >= 9 for done, _, text in progress.told)

    with pytest.raises(StopRequested):
        run_study(NAME, "figure 2", data=data, cache=tmp_path, progress=RecordedProgress(two_epochs))
    assert len(list(tmp_path.rglob("*.partial.pt"))) == 1
    run_study(NAME, "figure 2", data=data, cache=tmp_path)
    cards = [next(one.rglob(f"{CLEAR}.json")) for one in (tmp_path, cache)]
    first, second = (read_card(CLEAR, ModelCard, folder=path.parent) for path in cards)
    assert first.sha256 == second.sha256


def test_minutes_end_after_one_round(
    accuracy: StudyTable, data: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(
        cache, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("block-*", "tables", "strongest-*")
    )
    monkeypatch.setattr("core.studies.attack_rounds.BLOCK", 6)
    found = run_study(NAME, data=data, cache=tmp_path, minutes=1e-6, settings=SMALL)
    assert found.n == 6
    assert any("first 6 of 16 test pictures" in note for note in found.notes)
    assert found.settings["training pictures attacked, one pixel"] == 6
    right = round(number(accuracy, 0, 1) / 100 * 16)
    said = f" Time was over then: {right - 1} more of {right} were to be asked."
    assert any(note.startswith("Is the search weak") and note.endswith(said) for note in found.notes), found.notes


def test_gains_grow_until_the_class_changes(data: Path) -> None:
    torch.manual_seed(0)
    network, pictures = for_inference(NarrowVgg()), read_pictures(data)[1]
    last, logits = network.get_submodule("classifier.5"), picture_training.logits_of(network, pictures.images)
    assert isinstance(last, nn.Linear)
    last.bias.data[1] -= (logits[:, 1] - logits[:, 0]).median()  # half of the pictures on each side, all of them near
    labels = picture_training.predicted(network, pictures.images)
    found = picture_attacks.attack_pictures(network, Pictures(pictures.images, labels), fgsm_by_gain(), seed=0)
    assert len(found.rows) > 0
    assert (picture_training.predicted(network, found.images) != labels[found.rows]).all()
    for row, image, tried in zip(found.rows, found.images, found.tries, strict=True):
        change = (image.int() - pictures.images[row].int()).abs().max()
        assert int(change) <= (1, 4, 16, 64)[int(tried)]
    twice = joined([found, found])
    assert twice.n == 2 * found.n
    assert twice.rows[len(found.rows) :].tolist() == (found.rows + found.n).tolist()
    assert twice.first(found.n).rows.tolist() == found.rows.tolist()


def test_relevance_is_that_of_one_picture_in_any_batch(data: Path) -> None:
    torch.manual_seed(0)
    network, images = for_inference(NarrowVgg()), read_pictures(data)[1].images[:3]
    whole, alone = picture_relevance(network, images), picture_relevance(network, images[1:2])
    assert np.allclose(whole.maps[1], alone.maps[0], atol=1e-6)
    layers = network.get_submodule("classifier")
    assert isinstance(layers, nn.Sequential)
    hidden, last = layers[:-1](network.get_submodule("features")(images[:1].float() / 255)), layers[-1]
    assert isinstance(last, torch.nn.Linear)
    weight = last.weight[1] - last.weight[0]
    shares = (hidden[0] * weight).numpy()
    assert np.corrcoef(whole.signatures[0], shares)[0, 1] > 0.99
    margins = network(images.float() / 255)
    assert np.allclose(whole.margins, margins[:, 1] - margins[:, 0], atol=1e-5)


def test_training_attacks_and_relevance_elsewhere(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = read_pictures(data)[1]

    def steps(device: str) -> tuple[Tensor, np.ndarray]:
        torch.manual_seed(0)
        network = put_on(NarrowVgg(), device)
        training = Training(CLEAR, pictures, replace(RECIPES["narrow"], batch=16), 2, 0.03, 0, {})
        clear = for_inference(picture_training.trained(network, training, tmp_path / device))
        labels = picture_training.predicted(clear, pictures.images)
        found = picture_attacks.attack_pictures(clear, Pictures(pictures.images, labels), fgsm_by_gain(), seed=0)
        return found.tries, picture_relevance(clear, pictures.images[:3]).signatures

    tries, signatures = steps("cpu")
    with other_device(monkeypatch) as there:
        other_tries, other_signatures = steps(NAME_ELSEWHERE)
        assert there.operations > 100
    monkeypatch.undo()
    assert torch.equal(other_tries, tries)
    assert np.allclose(other_signatures, signatures, atol=1e-4)


def test_figures_2_and_3_hold_pictures_with_their_maps(
    accuracy: StudyTable, data: Path, cache: Path, tmp_path: Path
) -> None:
    examples = run_study(NAME, "figure 2", data=data, cache=cache)
    assert examples.panels
    assert {row[1] for row in examples.rows} == {"cat", "dog"}
    assert all(row[1] == row[2] for row in examples.rows)
    written = write_study(examples, tmp_path)
    assert [path.suffix for path in written] == [".json", ".csv", ".png"]
    assert "panels" not in value_record(examples)
    kept = kept_table(NAME, "figure 2", cache)
    assert kept
    assert kept.panels
    assert [one.name for one in kept.panels] == [row[0] for row in examples.rows]
    assert np.array_equal(kept.panels[0].map, examples.panels[0].map)


@pytest.mark.parametrize(("row", "column", "drawn"), [(20, 30, 40), (0, 30, 21), (0, 0, 11)])
def test_a_frame_surrounds_a_pixel_and_leaves_it(row: int, column: int, drawn: int) -> None:
    image = torch.randint(0, 255, (3, 112, 112), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    changed = (framed(image, row, column) != image).any(0)
    assert int(changed.sum()) == drawn
    assert {max(abs(int(a) - row), abs(int(b) - column)) for a, b in changed.nonzero()} == {5}


@pytest.mark.slow
def test_umap_keeps_what_is_near_together() -> None:
    values = np.repeat(np.eye(2, 9), 20, 0) * 9 + np.random.default_rng(0).normal(size=(40, 9)) / 9
    with short_umap(20):
        places = umap_places._fit(values.astype(np.float32), 0)
    assert (neighbour_shares(places, np.repeat([0, 1], 20)) > 0.9).all()


def test_planes_hold_points_and_say_purity(
    accuracy: StudyTable, data: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(umap_places, "_fit", lambda values, seed: values[:, :2])
    whole, cats, dogs = (run_study(NAME, f"figure {one}", data=data, cache=cache) for one in (4, 5, 6))
    assert whole.columns == ("x", "y", "class", "attacked", "turned")
    assert len(whole.rows) == 16
    clear = [row for one in (cats, dogs) for row in one.rows if row[3] == "no"]
    assert sorted(clear, key=str) == sorted(whole.rows, key=str)  # one plane
    attacked = [row for one in (cats, dogs) for row in one.rows if row[3] == "yes"]
    assert len(attacked) == number(accuracy, 1, 2) - 16
    assert "in the original space" in whole.conclusion
    assert write_study(cats, tmp_path)[-1].name == "klawikowska2020-figure-5.png"


def test_neighbour_shares_leave_the_point_itself_out() -> None:
    values = np.concatenate([np.zeros((20, 2)), np.full((20, 2), 9.0)]) + np.linspace(0, 0.1, 40)[:, None]
    assert (neighbour_shares(values, np.repeat([0, 1], 20)) == 1).all()
    assert neighbour_shares(values[:2], np.array([0, 1])).tolist() == [0, 0]


class TinyVgg16(nn.Module):
    """As torchvision's VGG16 is made, but small."""

    def __init__(self, num_classes: int, *, init_weights: bool = True) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(16))
        self.avgpool = nn.AdaptiveAvgPool2d(7)
        layers = [nn.Linear(196, 8), nn.ReLU(inplace=True), nn.Dropout(), nn.Linear(8, 8), nn.ReLU(inplace=True)]
        self.classifier = nn.Sequential(*layers, nn.Dropout(), nn.Linear(8, num_classes))

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.classifier(self.avgpool(self.features(x)).flatten(1))
        return logits


def test_vgg16_is_the_papers_or_begins_with_imagenet(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vgg_networks, "vgg16", TinyVgg16)
    with pytest.raises(InputError, match=rf"begins with {IMAGENET} in the data's folder"):
        build("vgg16-imagenet", tmp_path)
    (tmp_path / IMAGENET).write_bytes(b"no weights")
    with pytest.raises(InputError, match=IMAGENET):
        build("vgg16-imagenet", tmp_path)
    weights = TinyVgg16(1000).state_dict()
    torch.save(weights, tmp_path / IMAGENET)
    network = build("vgg16-imagenet", tmp_path)
    assert torch.equal(network.state_dict()["1.features.0.weight"], weights["features.0.weight"])
    assert network.state_dict()["1.classifier.6.weight"].shape == (2, 8)
    found = picture_relevance(for_inference(network), read_pictures(data)[1].images[:1])
    assert np.isfinite(found.maps).all()
    assert found.signatures.shape == (1, 8)
    torch.save({"features.0.weight": torch.zeros(1)}, tmp_path / IMAGENET)
    with pytest.raises(InputError, match="is not torchvision's state dict of VGG16"):
        build("vgg16-imagenet", tmp_path)


def test_bad_input_is_one_sentence(data: Path, cache: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing from .*: train \(the folders cats and dogs.*kaggle.*; test \("):
        run_study(NAME, data=tmp_path, cache=cache)
    shutil.copytree(data, tmp_path / "few")
    for path in (tmp_path / "few" / "test" / "dogs").iterdir():
        path.unlink()
    with pytest.raises(InputError, match=r"4 pictures or more in test/dogs/; there are 0 .*kaggle"):
        run_study(NAME, data=tmp_path / "few", cache=cache)
    shutil.copytree(data, tmp_path / "damaged")
    (tmp_path / "damaged" / "train" / "cats" / "000.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"picture train/cats/000\.png cannot be read as JPEG or PNG"):
        run_study(NAME, data=tmp_path / "damaged", cache=cache)
    with pytest.raises(InputError, match="network has to be one of narrow, vgg16, vgg16-imagenet"):
        run_study(NAME, data=data, cache=cache, settings={"network": "alexnet"})
    with pytest.raises(ValueError, match="a row, an image and a try"):
        AttackedPictures(1, torch.zeros(1, dtype=torch.long), torch.zeros(0), torch.zeros(0))


def test_the_command_takes_settings_of_the_study(data: Path) -> None:
    for given, words in (
        ("eps=1", "NAME=VALUE of a setting"),
        ("network=alexnet", "one of narrow"),
        ("population=2", "4 and"),
    ):
        made = CliRunner().invoke(app, ["study", NAME, "--data", str(data), "--set", given])
        assert made.exit_code
        assert words in f"{made.output} {made.exception}"
