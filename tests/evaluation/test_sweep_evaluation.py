"""Sweeps and the search for a masked gradient over a folder, from the terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from core.__main__ import app
from core.attacks.analysis.epsilon_sweep import ARIF
from core.detectors import Detector
from core.evaluation.sweep_evaluation import evaluate_sweep, forged_faces
from core.media.images import encode_png
from core.types import Array, InputError

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, forged: Array) -> Path:
    """Two kinds of one forgery each, and a real face that nobody must count."""
    data = tmp_path_factory.mktemp("swept")
    for kind, image in (("real", forged), ("swap", forged), ("warp", np.ascontiguousarray(forged[:, ::-1]))):
        (data / kind).mkdir()
        (data / kind / "face.png").write_bytes(encode_png(image))
    return data


def printed(*arguments: str) -> Any:
    return json.loads(CliRunner().invoke(app, ["evaluate", *arguments, "--json"], catch_exceptions=False).stdout)


def test_a_sweep_over_a_folder_counts_what_the_sweep_itself_counts(folder: Path, shipped: Detector) -> None:
    found = printed("sweep", "--data", str(folder), "--attacks", "pgd,noise", "--epsilons", "16,0", "--steps", "8")
    assert found["faces"] == 2, "of both kinds, the real one left out"
    assert found["settings"] == {"pgd": {"steps": 8}, "noise": {}}
    turned = {(row["attack"], row["eps_255"]): row["turned"] for row in found["points"]}
    assert turned == {("pgd", 0): 0, ("pgd", 16): 2, ("noise", 0): 0, ("noise", 16): turned["noise", 16]}
    one = evaluate_sweep(
        shipped, folder, attacks=["pgd"], epsilons=[16 / 255], settings={"pgd": {"alpha": 4 / 255}}, steps=8, limit=1
    )
    assert one.settings == {"pgd": {"steps": 8, "alpha": 4 / 255}}
    assert (one.faces, one.points[0].turned) == (1, 1)


def test_the_epsilons_of_arif_have_a_name(folder: Path) -> None:
    found = printed("sweep", "--data", str(folder), "--attacks", "fgsm", "--epsilons", "arif", "--limit", "1")
    assert [row["eps_255"] for row in found["points"]] == pytest.approx([255 * eps for eps in ARIF], abs=1e-3)


@pytest.mark.usefixtures("_narrow")
def test_the_search_for_a_masked_gradient_names_its_signs(folder: Path) -> None:
    found = printed("gradient", "--data", str(folder), "--eps", "8", "--queries", "5")
    assert (found["faces"], found["settings"]["eps"], found["queries"]) == (2, pytest.approx(8 / 255), 5)
    signs = {row["sign"]: row for row in found["findings"]}
    assert set(signs) == {"Loss does not move", "Larger epsilon is weaker", "Black box beats white box"}
    assert not any(row["warned"] for row in signs.values())
    assert "2 of 2 at 8/255" in signs["Larger epsilon is weaker"]["sentence"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["sweep", "--attacks", "fgsm,deepfool-l2"], "what came is deepfool-l2"),
        (["sweep", "--attacks", ","], "what came is nothing"),
        (["sweep", "--attacks", "zebra"], "no attack 'zebra'"),
        (["sweep", "--epsilons", "1,900"], "from 0 to 64, in 1/255"),
        (["gradient", "square"], "an attack that sees the gradient"),
        (["gradient", "--eps", "0"], "an epsilon above 0"),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_sentence(arguments: list[str], words: str, folder: Path) -> None:
    with pytest.raises(InputError, match=words):
        CliRunner().invoke(app, ["evaluate", *arguments, "--data", str(folder)], catch_exceptions=False)


def test_a_folder_without_a_forgery_that_is_called_fake_is_refused(folder: Path, random_detector: Detector) -> None:
    random_detector.model.get_parameter("classifier.bias").data[0] += 1e4
    with pytest.raises(InputError, match="calls none of the forgeries fake"):
        forged_faces(random_detector, folder, limit=2)
