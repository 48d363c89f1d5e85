"""The bench of the attacks: its rows, its counting and its limits; never its times."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from known_models import CARD, LinearModel
from recorded_progress import RecordedProgress
from torch import nn
from typer.testing import CliRunner

from core.__main__ import app
from core.attacks import ATTACKS, perturb
from core.bench import attack_bench as bench
from core.bench import bench_faces
from core.bench.attack_bench import RecordedPasses
from core.bench.attack_peers import JOBS, versions
from core.bench.bench_faces import faces
from core.bench.timing import Counted
from core.detectors import Detector
from core.detectors.detector import prepare
from core.media.images import encode_png
from core.output.value_records import value_record
from core.types import Array, InputError

KEYS = {"attack", "peer", "ratio", "interval", "passes", "limit", "success", "peer_success"}


class Small(nn.Module):
    """A linear detector for any image: its mean in 12 x 12 cells."""

    def __init__(self) -> None:
        super().__init__()
        self.pool, self.linear = nn.AdaptiveAvgPool2d(12), LinearModel()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(self.pool(x))


@pytest.fixture
def small() -> Detector:
    """A detector that costs nothing."""
    return prepare("small", Small(), CARD)


def few_pixels(detector: Detector, count: int, **more: Any) -> tuple[list[Array], int]:
    """The faces of a bench, of 48 x 48: passes are counted the same."""
    crops, fake = faces(detector, count, **more)
    return [cv2.resize(crop, (48, 48), interpolation=cv2.INTER_AREA) for crop in crops], fake


@pytest.mark.slow
def test_the_rows_of_every_attack(small: Detector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "SELF", (0.0, np.inf))
    monkeypatch.setattr(bench, "faces", few_pixels)
    progress = RecordedProgress()
    measured = bench.measure(small, names=bench.names_of("all"), pairs=2, count=2, progress=progress)
    found = value_record(measured)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    installed = versions()
    assert [(row["attack"], row["peer"]) for row in found["rows"]] == [
        (job.attack, job.peer) for job in JOBS if installed[job.peer]
    ]
    assert found["thrown_away"] == 0
    assert found["self_ratio"] > 0
    for row in found["rows"]:
        assert set(row) >= KEYS
        low, high = row["interval"]
        assert 0 < low <= row["ratio"] <= high
        assert 0 <= row["success"] <= 1
        doubt = 4 if row["stop_at"] else 0  # bfloat16 is believed a step later
        assert 0 < row["passes"] <= row["limit"] * (1.15 if row["attack"] == "one-pixel" else 1.05) + doubt, row
        if "steps" in row["budget"] and row["at"] == "equal steps" and row["attack"] in ("bim", "pgd"):
            assert row["passes"] == row["limit"] == 2 * row["budget"]["steps"]
            assert row["peer_passes"] >= row["passes"]
    assert all(name in bench.table(measured) for name in bench.names_of("all"))


def test_a_library_that_is_missing_is_said_and_left_out(small: Detector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "SELF", (0.0, np.inf))
    monkeypatch.setattr(bench, "versions", lambda: {"torchattacks": "3.3.0", "foolbox": None})
    progress = RecordedProgress()
    found = value_record(bench.measure(small, names=["fgsm"], pairs=2, count=2, progress=progress))
    assert [row["peer"] for row in found["rows"]] == ["torchattacks"]
    assert "foolbox is not installed: its rows are left out." in progress.emitted
    assert found["rows"][0]["passes"] == found["rows"][0]["limit"] == 2
    monkeypatch.setattr(bench, "versions", lambda: {"torchattacks": None, "foolbox": None})
    with pytest.raises(InputError, match="torchattacks, which the attacks are compared with, is not installed"):
        bench.measure(small, names=["fgsm"], pairs=2, count=2)


def test_a_noisy_row_is_thrown_away_and_said(small: Detector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "SELF", (5.0, 6.0))
    monkeypatch.setattr(bench, "versions", lambda: {"torchattacks": "3.3.0", "foolbox": None})
    progress = RecordedProgress()
    found = value_record(bench.measure(small, names=["fgsm"], pairs=2, count=2, progress=progress))
    assert found["thrown_away"] == bench.TRIES - 1
    assert sum("thrown away" in line for line in progress.emitted) == bench.TRIES - 1
    assert sum("still too loud" in line for line in progress.emitted) == 1
    assert found["self_ratio"] == found["rows"][0]["self_ratio"]


@pytest.mark.parametrize(
    ("name", "settings", "first", "needed"),
    [
        ("fgsm", {}, None, (1, 1)),
        ("bim", {"steps": 7}, 3, (7, 7)),
        ("apgd", {"steps": 5}, 1, (6, 5)),
        ("square", {"queries": 90}, None, (90, 0)),
        ("square", {"queries": 90}, 12, (12, 0)),
        ("deepfool-l2", {"steps": 9}, 4, (4, 3)),
        ("deepfool-l2", {"steps": 9}, None, (10, 9)),
        ("one-pixel", {"population": 8, "steps": 3}, 9, (16, 0)),
        ("one-pixel", {"population": 8, "steps": 3}, None, (32, 0)),
    ],
)
def test_limits(name: str, settings: dict[str, Any], first: int | None, needed: tuple[int, int]) -> None:
    job = next(job for job in JOBS if job.attack == name)
    assert job.need({**job.settings, **settings}, first) == needed


def test_stopping_at_success_needs_nothing_behind_it() -> None:
    job = next(job for job in JOBS if job.stop_at)
    assert job.need(job.settings, 4) == (4, 3)
    assert job.need(job.settings, None) == (100, 100)


@pytest.mark.parametrize("name", [job.attack for job in JOBS if job.peer == "torchattacks"])
def test_budgets_are_settings_that_the_attacks_take(name: str) -> None:
    for job in JOBS:
        if job.attack == name:
            ATTACKS[name].settings(job.settings)


def test_passes_are_those_of_the_network_itself(small: Detector) -> None:
    sizes: list[int] = []
    handle = small.model.register_forward_hook(lambda _, inputs, __: sizes.append(len(inputs[0])))
    model, x = RecordedPasses(small.model, 0), torch.rand(1, 3, 40, 40, generator=torch.Generator().manual_seed(0))
    x = (x * 255).round() / 255
    target = ("real", "fake")[1 - int(small.model(x).argmax(1))]
    sizes.clear()
    perturb(model, x, "bim", {"steps": 6}, target=target, bf16=True)
    handle.remove()
    assert model.forwards == sum(sizes) == 6, "also in the twin in bfloat16"
    assert model.backwards == 6


def test_the_first_pass_that_fools_is_noted() -> None:
    class Rising(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.stack([x.mean((1, 2, 3)), torch.full((len(x),), 0.5)], 1)

    model = RecordedPasses(Rising(), 0)
    assert model.first is None
    model(torch.full((2, 3, 4, 4), 0.2))
    assert model.first is None
    model(torch.cat([torch.full((1, 3, 4, 4), 0.3), torch.full((2, 3, 4, 4), 0.9)]))
    model(torch.full((1, 3, 4, 4), 0.9))
    assert [model.first, model.forwards, model.backwards] == [4, 6, 0]


def test_counting_twins_count_together() -> None:
    model = Counted(nn.Linear(2, 2))
    copy.copy(model)(torch.zeros(3, 2)).sum().backward()
    assert (model.forwards, model.backwards) == (3, 3)


def test_faces_called_fake_come_first(small: Detector, tmp_path: Path, crop: Array) -> None:
    crops, fake = faces(small, 5)
    labels = [small.verdict(crop).label for crop in crops]
    assert len(crops) == 5
    assert labels == sorted(labels)
    assert labels.count("fake") == fake
    again, _ = faces(small, 5)
    assert all(np.array_equal(a, b) for a, b in zip(crops, again, strict=True))
    with pytest.raises(InputError, match="holds no images"):
        faces(small, 5, data=tmp_path)
    (tmp_path / "grey.png").write_bytes(encode_png(np.full((64, 64, 3), 128, np.uint8)))
    with pytest.raises(InputError, match="no image in which a face is found"):
        faces(small, 5, data=tmp_path)


def test_a_folder_gives_forgeries_of_different_people(
    small: Detector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"{number:02}.png" for number in range(6)]
    for folder, among in (("real", names), ("swap", names), ("warp", names[:5])):
        (tmp_path / folder).mkdir()
        for name in among:
            (tmp_path / folder / name).write_bytes(b"")
    asked: list[Path] = []
    face = SimpleNamespace(crop=np.full((40, 40, 3), 128, np.uint8))

    def largest(path: Path) -> SimpleNamespace:
        asked.append(path)
        return face

    monkeypatch.setattr(bench_faces, "_largest", largest)
    monkeypatch.setattr(bench_faces, "DRAWS", 1)
    crops, fake = faces(small, 6, data=tmp_path)
    assert len(crops) == 6
    assert fake in (0, 6)
    names_asked = [path.name for path in asked]
    assert names_asked == sorted(set(names_asked)), "each name once"
    assert {path.parent.name for path in asked} == {"swap", "warp"}, "every kind of forgery, and nothing real"


@pytest.mark.slow
def test_rounding_a_librarys_picture_to_8_bits_is_judged_too(small: Detector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "SELF", (0.0, np.inf))
    monkeypatch.setattr(bench, "versions", lambda: {"torchattacks": "3.3.0", "foolbox": None})
    row = value_record(bench.measure(small, names=["deepfool-l2"], pairs=2, count=2))["rows"][0]
    assert row["success"] > 0
    assert row["peer_success_8bit"] != row["peer_success"], "on the border as floats, past it or before it as 8 bits"
    assert row["both"] <= 2 * min(row["success"], row["peer_success"])
    assert (row["peer_l2_8bit"] is None) == (row["both"] == 0)
    assert "success_8bit" not in row, "ours is of 8 bits anyway"
    figures = np.asarray([[4, 4, 1, 1.0, 0.1, 1, 1.2, 0.1], [8, 4, 0, 3.0, 0.3, 0, 3.2, 0.3]])
    some = bench._means(figures, np.asarray([True, False]))
    assert (some.passes, some.success, some.l2, some.l2_8bit) == (6, 0.5, 1.0, 1.2)
    assert bench._means(figures, np.asarray([False, False])).l2 is None


def test_names_and_their_refusal() -> None:
    assert bench.names_of("pgd, fgsm") == ["pgd", "fgsm"]
    assert bench.names_of("all") == list(dict.fromkeys(job.attack for job in JOBS))
    assert set(bench.names_of("all")) <= set(ATTACKS)
    with pytest.raises(InputError, match="there is no bench of fgms; known are: all, fgsm, bim"):
        bench.names_of("fgms")


@pytest.mark.slow
@pytest.mark.usefixtures("_narrow")
def test_the_command_prints_one_object(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "SELF", (0.0, np.inf))
    done = CliRunner().invoke(app, ["bench", "attacks", "--attacks", "fgsm", "--pairs", "2", "--faces", "2", "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert set(found) >= {"rows", "self_ratio", "thrown_away", "timed", "judged"}
    assert {row["attack"] for row in found["rows"]} == {"fgsm"}
    assert all(set(row) >= KEYS for row in found["rows"])
    assert "fgsm against torchattacks" in done.stderr
