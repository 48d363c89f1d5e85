"""People of a study's data are told apart; pretrained backbones see their own input."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from made_attacked import made_forgeries
from PIL import Image
from torch import nn

from core.detectors.architectures.efficientnet_lite import EfficientNetLite0
from core.studies import detect_backbones, people_media
from core.studies.base import check_files
from core.studies.detect_backbones import FILES
from core.studies.people_media import PeopleSplit, crops_of_medium, read_people
from core.types import InputError


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_forgeries(tmp_path_factory.mktemp("made"))


def test_people_are_not_shared(data: Path, tmp_path: Path) -> None:
    found = read_people(data, seed=0)
    stems = [{path.stem for one in (*part.real, *part.forged) for path in one} for part in (found.train, found.test)]
    assert not stems[0] & stems[1]
    assert (found.train.people, found.test.people) == (10, 2)
    assert read_people(data, seed=1).test.forged != found.test.forged
    for kind, names in {"real": ("001", "002", "003", "004", "actor"), "df": ("001_002", "002_001", "003_004")}.items():
        (tmp_path / kind).mkdir()
        for name in names:
            Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / kind / f"{name}.png")
    parts = [read_people(tmp_path, seed=seed) for seed in range(4)]
    for part in parts:
        sides = [
            {number for one in (*side.real, *side.forged) for number in one[0].stem.split("_")}
            for side in (part.train, part.test)
        ]
        assert not sides[0] & sides[1], "a forgery shows both people of its name"


def written(root: Path, *files: str) -> Path:
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(root / name)
    return root


def people_of(part: PeopleSplit, pattern: str) -> set[str]:
    return {person for one in (*part.real, *part.forged) for path in one for person in re.findall(pattern, str(path))}


FRAMES = tuple(
    f"{folder}/{frame}.png"
    for folder in ("real/000", "real/003", "real/001", "real/002", "fake/000_003", "fake/001_002")
    for frame in ("0001", "0002", "0003")
)
CELEB = (
    *(f"real/id{person}_000{take}.png" for person in range(6) for take in range(2)),
    *(f"fake/id{a}_id{b}_000{take}.png" for a, b in ((0, 1), (1, 0), (2, 3), (4, 5)) for take in range(2)),
)
ACTORS = (
    *(f"real/0{person}__walk.png" for person in range(1, 7)),
    *(f"fake/0{a}_0{b}__walk__ABCD.png" for a, b in ((1, 2), (3, 4), (5, 6))),
)
SEQUENCES = (
    *(f"original_sequences/youtube/c23/images/00{person}/{frame}.png" for person in range(6) for frame in range(2)),
    *(f"manipulated_sequences/Deepfakes/c23/images/{pair}/0.png" for pair in ("000_001", "002_003", "004_005")),
)


@pytest.mark.parametrize(
    ("files", "pattern"),
    [
        (FRAMES, r"(?<=[/_])\d{3}(?=[/_])"),
        (CELEB, r"id\d"),
        (ACTORS, r"(?<=[/_])0\d(?=_)"),
        (SEQUENCES, r"(?<=[/_])00\d(?=[/_])"),
    ],
    ids=["frames", "Celeb-DF", "DeepFakeDetection", "FaceForensics++"],
)
@pytest.mark.parametrize("seed", range(4))
def test_known_names_tell_people_apart(files: tuple[str, ...], pattern: str, seed: int, tmp_path: Path) -> None:
    check_files("pinhasov2024", written(tmp_path, *files))
    found = read_people(tmp_path, seed=seed)
    train, test = (people_of(part, pattern) for part in (found.train, found.test))
    assert train
    assert test
    assert not train & test
    assert found.note == "Files of one name are in one split; whether that tells people apart depends on the names."


def test_one_compression_is_read(tmp_path: Path) -> None:
    written(tmp_path, *SEQUENCES, *(name.replace("c23", "c40") for name in SEQUENCES))
    with pytest.raises(InputError, match=r"compressions c23, c40: choose .* or where there is no such option keep"):
        read_people(tmp_path, seed=0)


def test_an_index_gives_splits_and_people(data: Path, tmp_path: Path) -> None:
    shutil.copytree(data, tmp_path, dirs_exist_ok=True)
    index = tmp_path / "dfdc.jsonl"

    def write(person_of_test: int) -> None:
        rows = [
            {"file": f"{kind}/person{n}.png", "label": kind, "split": "train" if n < 9 else "test", "person": n}
            for kind in ("real", "fake")
            for n in range(12)
        ]
        rows[-1]["person"] = person_of_test
        index.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")

    write(11)
    found = read_people(tmp_path, seed=0)
    assert (found.train.people, found.test.people, len(found.test.forged)) == (9, 3, 3)
    write(1)
    with pytest.raises(InputError, match=r"1 people of dfdc\.jsonl are in both splits"):
        read_people(tmp_path, seed=0)
    assert "no training set" in found.note
    index.write_bytes(b'{"file": "\xff.png"}')
    with pytest.raises(InputError, match=r"dfdc\.jsonl is no text in UTF-8"):
        read_people(tmp_path, seed=0)
    index.write_text('{"file": "a.png"}', "utf-8")
    with pytest.raises(InputError, match=r"line 1 of dfdc\.jsonl is no JSON object with a file, a split, a label"):
        read_people(tmp_path, seed=0)
    index.write_text('{"file": "a", "split": "train", "label": "real", "person": 1}', "utf-8")
    with pytest.raises(InputError, match="people of the train split of .* have 1 real media and 0 forgeries"):
        read_people(tmp_path, seed=0)


def test_labels_and_order_of_an_index_are_in_the_hash(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "dfdc.jsonl"
    rows = [
        {"file": str(data / kind / f"person{n}.png"), "label": kind, "split": "train" if n < 9 else "test", "person": n}
        for n in range(12)
        for kind in ("real", "fake")
    ]
    monkeypatch.chdir(tmp_path)

    def sha256() -> str:
        index.write_text("\n".join(map(json.dumps, rows)), "utf-8")
        return read_people(Path(), seed=0).sha256

    first = sha256()
    assert sha256() == first
    rows.reverse()
    assert sha256() != first, "what is kept is named by place in an order that follows the index"
    rows.reverse()
    rows[0]["label"], rows[1]["label"] = rows[1]["label"], rows[0]["label"]
    assert sha256() != first


def test_a_face_is_cropped_of_a_picture(portrait: np.ndarray, tmp_path: Path) -> None:
    Image.fromarray(portrait).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"no picture")
    (found,) = crops_of_medium((tmp_path / "a.png",), 4)
    assert found.shape[0] == found.shape[1] > 100
    assert crops_of_medium((tmp_path / "b.png",), 4) == []
    assert len(crops_of_medium((tmp_path / "a.png",) * 3, 2)) <= 2
    assert people_media.crops_of_medium((tmp_path / "none.mp4",), 2) == []


def test_pretrained_backbones_see_their_own_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    network, x = EfficientNetLite0().eval(), torch.rand(1, 3, 160, 160)
    monkeypatch.setattr(detect_backbones, "imagenet_lite0", lambda: network)
    with torch.no_grad():
        ours = detect_backbones._lite0(tmp_path).network(2 * x - 1)
        wanted = network.flatten(network.pool(network.head(network.blocks(network.stem(network.normalize(x))))))
        assert torch.allclose(ours, wanted, atol=1e-4)
    monkeypatch.setattr(detect_backbones, "resnet50", TinyResNet)
    with pytest.raises(InputError, match=rf"backbone resnet50 begins with {FILES[0]} in the data's folder"):
        detect_backbones.build_detect_resnet("resnet50", tmp_path)
    torch.save({"fc.weight": torch.zeros(1)}, tmp_path / FILES[1])
    with pytest.raises(InputError, match=rf"{FILES[1]} is not torchvision's state dict of ResNet-50"):
        detect_backbones.build_detect_resnet("resnet50", tmp_path)
    weights = TinyResNet().state_dict()
    torch.save(weights, tmp_path / FILES[0])
    built = detect_backbones.build_detect_resnet("resnet50", tmp_path).eval()
    assert torch.equal(built.state_dict()["backbone.1.conv.weight"], weights["conv.weight"])
    with torch.no_grad():
        mean = torch.tensor(detect_backbones.MEAN)[:, None, None].expand(1, 3, 224, 224)
        embedded = built.backbone(2 * mean - 1)
    assert torch.allclose(embedded[0], weights["conv.bias"], atol=1e-5)
    assert built(torch.rand(2, 3, 40, 40), torch.zeros(2, 1, 40, 40)).shape == (2, 2)


class TinyResNet(nn.Module):
    """As torchvision's ResNet-50 is made, but small."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.pool, self.fc = nn.Conv2d(3, 6, 3), nn.AdaptiveAvgPool2d(1), nn.Linear(6, 1000)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.fc(self.pool(self.conv(x)).flatten(1))
        return out
