"""The measurement of the answer to "was it attacked?", on a folder of two faces."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from core.__main__ import app
from core.evaluation.attack_answer_evaluation import _found, parse_post, settings_by_size
from core.media.images import encode_png
from core.media_attack import samples
from core.reports.scope_tables import post_title
from core.types import InputError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the portrait's face, and its forgery."""
    data = tmp_path_factory.mktemp("faces")
    for kind, image in (("real", samples.portrait()), ("swap", samples.forged_portrait())):
        (data / kind).mkdir()
        (data / kind / "portrait.png").write_bytes(encode_png(cv2.resize(image, (320, 320))))
    return data


@pytest.mark.slow
@pytest.mark.usefixtures("_narrow")
def test_the_command_prints_what_was_found_and_the_alarms(folder: Path) -> None:
    given = ["--attacks", "fgsm", "--eps", "4,16", "--post", "none,jpeg75", "--limit", "2", "--json"]
    arguments = ["evaluate", "attack-detector", "--data", str(folder), *given]
    found = json.loads(CliRunner().invoke(app, arguments, catch_exceptions=False).stdout)
    assert found.keys() == {"attacks", "clean", "threshold", "detector"}
    assert found["attacks"].keys() == {"fgsm"}
    assert found["attacks"]["fgsm"].keys() == {"4", "16"}
    cell = found["attacks"]["fgsm"]["16"]["jpeg75"]
    assert {"n", "still_works", "auc", "found_at_5", "found_at_1"} <= cell.keys()
    assert found["clean"]["as it is"]["n"] == 2
    assert {"n", "alarms", "interval"} == found["clean"]["placebo, signs 16/255"].keys()


def test_attacks_that_no_longer_work_leave_the_denominator() -> None:
    rows = [(0, True, 0.9), (1, True, 0.1), (2, False, 0.0), (3, False, 0.0)]
    cell = _found(rows, np.linspace(0, 0.5, 40))
    assert (cell.n, cell.still_works, cell.found_at_5, cell.found_at_1) == (2, 0.5, 0.5, 0.5)
    nothing = _found([(0, False, 0.0)], np.linspace(0, 0.5, 40))
    assert (nothing.n, nothing.auc, nothing.found_at_5) == (0, None, None)


def test_post_processing_is_read_from_its_name() -> None:
    assert parse_post(["none", "jpeg75", "resize0.5"]) == {
        "none": ("as it is", 0.0),
        "jpeg75": ("JPEG", 75.0),
        "resize0.5": ("resize", 0.5),
    }
    assert [post_title(name) for name in ("none", "crf23", "resize0.5")] == [
        "PNG, as saved",
        "H.264 CRF 23",
        "resized to 0.5 and back",
    ]
    for name in ("jpeg", "gif80", "75", "jpeg7.5.5"):
        with pytest.raises(InputError, match="--post takes none"):
            parse_post([name])


def test_attacks_without_an_epsilon_have_one_row() -> None:
    assert list(settings_by_size("one-pixel", {}, [4, 16])) == ["own"]
    assert [value["eps"] for value in settings_by_size("fgsm", {}, [4, 16]).values()] == [4 / 255, 16 / 255]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--eps", "0"], "lies above 0"),
        (["--eps", "a,b"], "numbers in 1/255"),
        (["--eps", ","], "one of them is empty"),
        (["--post", "gif80"], "--post takes none"),
        (["--attacks", ","], "no attack to detect"),
    ],
)
def test_bad_words_are_refused(folder: Path, given: list[str], words: str) -> None:
    arguments = ["evaluate", "attack-detector", "--data", str(folder), *given, "--json"]
    with pytest.raises(InputError, match=words):
        CliRunner().invoke(app, arguments, catch_exceptions=False)
