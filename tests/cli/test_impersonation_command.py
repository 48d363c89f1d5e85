"""The commands recognise and evaluate impersonation: keys to the letter, and sentences for bad input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from typer.testing import CliRunner

from core.__main__ import app
from core.detectors import Detector
from core.media_attack import samples
from core.recognition import load_recogniser as loading
from core.recognition.alignment import ARCFACE
from core.recognition.embedding_recogniser import EmbeddingRecogniser
from core.types import InputError


@pytest.fixture(autouse=True)
def tiny_recogniser(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.AvgPool2d(8), nn.Flatten(), nn.Linear(3 * 14 * 14, 16, bias=False))
    tiny = EmbeddingRecogniser("tiny", "1", network.requires_grad_(False), ARCFACE, torch.zeros(16))
    monkeypatch.setattr(loading, "load_recogniser", lambda name="tiny": tiny)


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("people")
    face = cv2.resize(samples.portrait()[0:260, 90:350], (160, 160))
    for name, image in (("ann", face), ("bob", face[:, :, ::-1] // 2)):
        (root / name).mkdir()
        Image.fromarray(np.ascontiguousarray(image)).save(root / name / "a.png")
        Image.fromarray(np.ascontiguousarray(image[:, ::-1])).save(root / name / "b.png")
    return root


def run(*arguments: object) -> dict[str, Any]:
    result = CliRunner().invoke(app, [*map(str, arguments), "--no-cache", "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_recognise_prints_the_nearest_people(people: Path, tmp_path: Path) -> None:
    same = tmp_path / "same.png"
    Image.open(people / "bob" / "a.png").save(same, compress_level=0)  # the picture in another file
    found = run("recognise", same, "--gallery", people)
    assert {"recogniser", "people", "threshold", "faces"} <= set(found)
    (face,) = found["faces"]
    assert [one["name"] for one in face["nearest"]] == ["bob", "ann"]
    assert {"similarity", "threshold", "name", "confidence"} <= set(face)
    assert found["left_out"] == []


def test_nobody_is_recognised_by_the_very_file(people: Path) -> None:
    found = run("recognise", people / "bob" / "a.png", "--gallery", people)
    assert found["left_out"] == ["bob/a.png"]
    by_name = {one["name"]: one["photo"] for one in found["faces"][0]["nearest"]}
    assert by_name["bob"] == "bob/b.png"


def test_the_bench_runs_on_made_fakes(
    people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, random_detector: Detector
) -> None:
    monkeypatch.setattr("core.pipeline.load_detector", lambda name: random_detector)
    asked = ("evaluate", "impersonation", "--gallery", people, "--fakes", "made", "--each", 1, "--csv", tmp_path)
    found = run(*asked, "--detectors", "random")
    assert (found["recogniser"], found["people"], found["fakes"]) == ("tiny", 2, 4)
    assert set(found["by_kind"]) == {"swap", "blend"}
    assert set(found["metrics"]) == {"TA", "NA", "DHF", "DHC", "DHS", "SIC"}
    assert set(found["defences"]) == {"DD1", "DD2", "DD3"}
    assert "needs 5 people; there are 2" in found["defences"]["DD3"]["reason"]
    assert {"people-swap.csv", "people-blend.csv", "fakes.csv", "metrics.csv"} == {
        one.name for one in tmp_path.iterdir()
    }


def test_fakes_come_from_folders_and_tables(people: Path, tmp_path: Path) -> None:
    for place in ("ann/generated", "ann/photo", "zoe"):
        (tmp_path / place).mkdir(parents=True)
        Image.open(people / "ann" / "a.png").save(tmp_path / place / "1.png")
    found = run("evaluate", "impersonation", "--gallery", people, "--fakes", tmp_path, "--detectors", "none")
    assert found["fakes"] == 1
    assert list(found["by_kind"]) == ["generated"]
    assert found["not_judged"] == {"zoe/1.png": "zoe is not in the gallery"}
    table = tmp_path / "pairs.csv"
    table.write_text("fake,target,kind,target_photo,reference\nann/generated/1.png,ann,mine,ann/b.png,bob\n")
    found = run("evaluate", "impersonation", "--gallery", people, "--fakes", table, "--detectors", "none")
    assert list(found["by_kind"]) == ["mine"]


BAD = [
    (["--fakes", "none"], "none is not a folder; --fakes is a folder with a folder for each target person"),
    (["--fakes", "made", "--fmr", "0.5"], "--fmr is 0.01 or 0.001; what came is 0.5"),
    (["--fakes", "made", "--csv", "none"], "none is not a folder; tables are written"),
    (["--fakes", "made", "--groups", "none.csv"], "none.csv cannot be read as a table"),
    (["--fakes", "{people}/ann"], "has no fakes in folders of people"),
]


@pytest.mark.parametrize(("options", "words"), BAD, ids=[words[:30] for _, words in BAD])
def test_bad_input_is_a_sentence(people: Path, options: list[str], words: str) -> None:
    given = [one.format(people=people) for one in options]
    asked = ["evaluate", "impersonation", "--gallery", str(people), "--detectors", "none", "--no-cache", *given]
    with pytest.raises(InputError) as caught:
        CliRunner().invoke(app, asked, catch_exceptions=False)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("file,who\n", "needs the columns fake and target"),
        ("fake,target\n,ann\n", "line 2 of pairs.csv has no fake or no target"),
        ("fake,target,target_photo\na.png,ann,bob/a.png\n", "bob/a.png is no enrolled photo of ann"),
        ("fake,target\na.png,zoe\n", "none of the 1 fakes could be judged; the first: zoe is not in the gallery"),
    ],
)
def test_bad_tables_are_a_sentence(people: Path, tmp_path: Path, content: str, words: str) -> None:
    table = tmp_path / "pairs.csv"
    table.write_text(content)
    asked = ["evaluate", "impersonation", "--gallery", str(people), "--detectors", "none", "--no-cache"]
    with pytest.raises(InputError) as caught:
        CliRunner().invoke(app, [*asked, "--fakes", str(table)], catch_exceptions=False)
    assert words in str(caught.value)
