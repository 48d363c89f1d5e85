"""python -m core signatures: add, list, remove; and measuring a set of one's own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from core.__main__ import app
from core.signatures.own_faces import begin_set, drop_faces, keep_face
from core.types import Array, InputError
from core.types.own_set_values import FaceFacts, FaceLabel, OwnFace, SetFacts


@pytest.fixture(autouse=True)
def _places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(tmp_path / "weights"))


def said(*words: str) -> str:
    """What a command prints; what it raises is raised."""
    found = CliRunner().invoke(app, ["signatures", *words], catch_exceptions=False)
    assert found.exit_code == 0
    return found.stdout


@pytest.mark.slow
@pytest.mark.usefixtures("_narrow")
def test_a_set_is_made_listed_extended_and_removed(tmp_path: Path, forged: Array) -> None:
    for number, name in enumerate(("real/a.png", "swap/a-1.png")):
        (tmp_path / name).parent.mkdir()
        Image.fromarray(np.minimum(forged, 255 - 9 * number)).save(tmp_path / name)
    (tmp_path / "swap" / "b.png").write_bytes(b"nothing")
    found = json.loads(said("add", "mine", "--data", str(tmp_path), "--attacks", "fgsm", "--eps", "4", "--json"))
    assert {key: found[key] for key in ("name", "added", "without", "people", "unknown")} == {
        "name": "mine",
        "added": 3,
        "without": 1,
        "people": 1,
        "unknown": 0,
    }
    words = said("add", "mine", "--data", str(tmp_path / "real"), "--label", "real")
    assert words.startswith("0 faces added to mine; 1 was in it. It holds 3 signatures of 1 person.")
    (row,) = json.loads(said("list", "--json"))["sets"]
    assert (row["set"], row["signatures"], row["attacks"], row["kind"]) == ("mine", 3, ["fgsm"], "lrp-penultimate")
    assert "mine: 3 signatures (lrp-penultimate) of 1 person, efficientnet-lite0" in said("list")
    said("remove", "mine")
    assert json.loads(said("list", "--json"))["sets"] == []


BAD = [
    (["add", "mine"], "faces come from --data, a folder, or from --case, a case; give one of them"),
    (["add", "mine", "--case", "x"], "a case does not say what its faces are: give --label"),
    (["add", "mine", "--data", "x", "--label", "odd"], "--label is one of real, forged, attacked; what came is 'odd'"),
    (["add", "mine", "--data", "x", "--attack", "pgd"], "it goes with --label attacked"),
    (["add", "mine", "--data", "x", "--label", "real", "--eps", "4"], "with --label none is put on a face"),
    (["add", "mine", "--data", "nowhere", "--label", "real"], "nowhere is not a folder"),
    (["add", "mine", "--data", "nowhere"], "nowhere is not a folder"),
    (["add", "mine", "--data", "nowhere", "--attacks", "magic"], "there is no attack 'magic'; known are: fgsm, "),
    (["add", "mine", "--data", "x", "--label", "real", "--attacks", "pgd"], "--attacks is of .*; with --label none is"),
    (["add", "mine", "--case", "x", "--label", "real", "--attacks", "pgd"], "--attacks is of .*; with --label none is"),
    (["add", "mine", "--case", "x", "--eps", "4"], "--eps is of attacks .*; with --case none is put on a face"),
    (
        ["add", "mine", "--data", "x", "--attacks", "none", "--eps", "4"],
        "--eps is of attacks; with --attacks none there",
    ),
    (
        ["add", "mine", "--case", "x", "--label", "real", "--person-folders"],
        "--person-folders is of --data: a case does",
    ),
    (
        ["add", "mine", "--data", "x", "--attacks", "cw", "--eps", "4"],
        "budgets are in 1/255, and that of cw is a length",
    ),
    (["build", "mine"], "the set mine has no faces yet"),
    (["add", "mine", "--data", "nowhere", "--eps", "many"], "--eps is numbers in 1/255 joined by commas"),
    (["add", "mine", "--case", "nowhere", "--label", "real"], "does not exist; a folder is wanted"),
    (["remove", "mine"], "there is no reference set mine of your own"),
]


@pytest.mark.parametrize(("words", "refusal"), BAD)
def test_bad_input_is_one_sentence(words: list[str], refusal: str) -> None:
    with pytest.raises(InputError, match=refusal):
        said(*words)


def test_a_set_that_waits_to_be_made_says_so_and_by_which_command() -> None:
    begin_set("mine", SetFacts("activations", "made up", "0" * 64))
    for number in range(2):
        facts = FaceFacts(FaceLabel("real"), f"file {number}", False, f"{number}.png")
        values, picture = np.ones(6, np.float16), np.zeros((64, 64, 3), np.uint8)
        keep_face("mine", f"{number:032x}", OwnFace(facts, values, np.zeros((24, 24), np.float16), picture))
    words = said("list")
    assert "the set mine is not made of its faces yet; make it: python -m core signatures build mine" in words
    assert "models" not in words
    said("build", "mine")
    assert "mine: 2 signatures (activations) of 2 files whose person nobody named, made up" in said("list")
    drop_faces("mine", ["0" * 32])
    waits = (
        "mine: other faces lie in it than it was made of, or more is known of them; make it of all of them: "
        "python -m core signatures build mine"
    )
    assert json.loads(said("list", "--json"))["problems"] == [waits]


def test_a_name_is_refused_before_any_face_is_read(tmp_path: Path, forged: Array) -> None:
    Image.fromarray(forged).save(tmp_path / "face.png")
    with pytest.raises(InputError, match="a set's name has up to 64"):
        said("add", "My set", "--data", str(tmp_path), "--label", "real")


@pytest.mark.parametrize(("there", "why"), [("photos", "has no folder real/"), ("real", "real/ is the only folder")])
def test_a_folder_that_does_not_say_what_its_faces_are_is_told_who_can(
    there: str, why: str, tmp_path: Path, forged: Array
) -> None:
    (tmp_path / there).mkdir()
    Image.fromarray(forged).save(tmp_path / there / "face.png")
    with pytest.raises(InputError, match=f"{why}.*; of faces that are all alike, --label real, forged, attacked says"):
        said("add", "mine", "--data", str(tmp_path))
