"""Measurements: the value, its file, and those that older cards hold themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from known_models import CARD
from made_measurements import CONDITION

from core.detectors import DEFAULT, DETECTORS
from core.storage.cards import save_model
from core.storage.measured_files import (
    MAPS,
    measured_file,
    measured_in_card,
    measurements_text,
    read_measurements,
    record_measurements,
)
from core.storage.paths import MODELS
from core.types import InputError
from core.types.measured_results import MeasuredFacts
from core.types.measurement import BENCH_KINDS, KINDS, Measurement

FIRST = Measurement("detector", "a label", {"auc": {"all": 0.5}}, "faces", "measure it", "2026-11-25", "ab")
SECOND = Measurement("conditions", "a label", {"conditions": []})
OLD: dict[str, tuple[dict[str, Any], str]] = {
    "of forgeries": ({"auc": {"all": 0.9}, "called_fake": {}, "n": {}}, "detector"),
    "in the rain": ({"auc": {"all": 0.9}, "conditions": [CONDITION]}, "conditions"),
    "under PGD": ({"attack": "pgd", "attacked": 100, "called_real": 99}, "attack"),
    "attacked": ({"attack_detector": "detect-resnet", "attacks": {}}, "attack-detector"),
    "by epsilon": ({"points": []}, "sweep"),
    "its gradient": ({"findings": []}, "gradient"),
    "by hand": ({"score": 3}, "other"),
}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"kind": "speed"}, "a measurement's kind is one of detector, conditions, .*; what came is 'speed'"),
        ({"label": " "}, "a measurement has a label; what came is ' '"),
        ({"data": "/home/me/faces"}, "data is the name of a folder; what came is /home/me/faces"),
        ({"data": 3}, "data is text or none; what came is 3"),
        ({"date": "25.11.2026"}, "date is written YYYY-MM-DD; what came is '25.11.2026'"),
        ({"record": [1]}, "result is a JSON object; what came is list"),
        ({"record": {"auc": float("nan")}}, "result is what JSON can hold"),
        ({"record": {"auc": Path()}}, "result is what JSON can hold"),
    ],
)
def test_refusals(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Measurement(**{"kind": "detector", "label": "a label", "record": {}, **changed})


def test_what_is_recorded_is_read_and_replaces_its_kind_and_label(tmp_path: Path) -> None:
    assert read_measurements("a", folder=tmp_path) == ()
    record_measurements("a", [FIRST], folder=tmp_path)
    record_measurements("a", [SECOND], folder=tmp_path)
    assert read_measurements("a", folder=tmp_path) == (FIRST, SECOND)
    again = Measurement("detector", "a label", {"auc": None})
    record_measurements("a", [again], folder=tmp_path)
    assert read_measurements("a", folder=tmp_path) == (again, SECOND)
    assert [path.name for path in tmp_path.iterdir()] == ["a.measured.json"]


def test_cards_that_hold_their_measurements_are_still_read(tmp_path: Path) -> None:
    maps = {
        "conservation": {"data": "faces", "seed": 1, "command": "so", "weights": "random, seed 1", "rules": {}},
        "worth": {"data": "faces", "seed": 1, "command": "so", "weights": "ab", "faces": 2, "maps": {}},
    }
    measured = {label: result for label, (result, _) in OLD.items()} | {MAPS: maps, "nothing": {}}
    (tmp_path / "a.json").write_text(json.dumps({"title": "A", "measured": measured}))
    found = read_measurements("a", folder=tmp_path)
    assert found[:-2] == tuple(
        Measurement(kind, label, json.loads(json.dumps(result))) for label, (result, kind) in OLD.items()
    )
    assert found[-2] == Measurement(
        "conservation", MAPS, {"seed": 1, "rules": {}}, "faces", "so", None, "random, seed 1"
    )
    assert (found[-1].kind, found[-1].record) == ("worth", {"seed": 1, "faces": 2, "maps": {}})


def test_what_was_measured_again_takes_the_place_of_what_an_old_card_holds(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(
        json.dumps({"measured": {"a label": {"auc": {}}, "other": {"attacked": 1, "called_real": 1}}})
    )
    record_measurements("a", [FIRST], folder=tmp_path)
    assert [one.label for one in read_measurements("a", folder=tmp_path)] == ["a label", "other"]
    assert read_measurements("a", folder=tmp_path)[0] == FIRST


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"measurements": [{"kind": "speed", "label": "a", "result": {}}]}'])
def test_a_damaged_file_is_named(text: str, tmp_path: Path) -> None:
    measured_file("a", folder=tmp_path).write_text(text)
    with pytest.raises(InputError, match=r"the measurements of a in .*/a\.measured\.json are damaged"):
        read_measurements("a", folder=tmp_path)


DAMAGED = [
    ("attack", {"attacked": 3}, "the key called_real is missing"),
    ("attack", {"attacked": "3", "called_real": 2}, "the key attacked has to be a whole number; what came is '3'"),
    ("detector", {"auc": 0.9}, "the key auc has to be an object; what came is '0.9'"),
    ("detector", {"n": {"real": True}}, "the key n.real has to be a whole number; what came is 'True'"),
    ("detector", {"frame": {"intervals": {"auc": [0.1]}}}, "the key frame.intervals.auc has to be a list of 2"),
    ("conditions", {"conditions": [CONDITION, {"condition": "blur"}]}, "the key conditions.1.kind is missing"),
    ("sweep", {"points": 3}, "the key points has to be a list; what came is '3'"),
    ("signatures", {"activations": {"n": 3}}, "the key activations.knn15 is missing"),
    ("signatures", {}, "signatures are measured by kind, one at least; what came is none"),
    ("worth", {"faces": 2, "maps": {"lrp": {"deletion AUC": {}}}}, "the key maps.lrp.deletion AUC.better is missing"),
]


@pytest.mark.parametrize(("kind", "result", "words"), DAMAGED, ids=[words for *_, words in DAMAGED])
def test_a_missing_or_wrong_key_is_named_with_its_file(
    kind: str, result: dict[str, Any], words: str, tmp_path: Path
) -> None:
    row = {"kind": kind, "label": "a label", "result": result}
    measured_file("a", folder=tmp_path).write_text(json.dumps({"measurements": [row]}))
    with pytest.raises(InputError) as caught:
        read_measurements("a", folder=tmp_path)
    assert f"a.measured.json are damaged (in 'a label', of the kind {kind}, {words}" in str(caught.value)


def test_a_damaged_measurement_in_an_old_card_names_the_card(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"measured": {"under PGD": {"attacked": 3}}}))
    with pytest.raises(InputError, match=r"the measurements of a in .*/a\.json are damaged .*called_real is missing"):
        read_measurements("a", folder=tmp_path)


@pytest.mark.parametrize("path", sorted(MODELS.glob("*.measured.json")), ids=lambda path: path.name)
def test_shipped_files_are_read_by_kind_and_written_as_they_are(path: Path) -> None:
    name = path.name.removesuffix(".measured.json")
    found = read_measurements(name)
    assert not any(isinstance(one.result, MeasuredFacts) for one in found)
    assert measurements_text(name, found) == path.read_text("utf-8")


def test_new_weights_leave_no_measurements_of_old_ones(tmp_path: Path) -> None:
    record_measurements("a", [FIRST], folder=tmp_path)
    save_model("a", {}, CARD, tmp_path)
    assert read_measurements("a", folder=tmp_path) == ()


def test_shipped_cards_hold_no_measurements_and_each_says_of_which_weights_it_is() -> None:
    cards = {path.stem: json.loads(path.read_text("utf-8")) for path in MODELS.glob("*.json") if "." not in path.stem}
    assert not any("measured" in card for card in cards.values())
    for name, card in cards.items():
        for one in read_measurements(name):
            assert one.kind in KINDS[:-1]
            assert one.command
            assert one.date
            assert one.weights in (card["sha256"], "random, seed 0") or one.kind in BENCH_KINDS, "a bench may be older"
    assert {path.name.split(".")[0] for path in MODELS.glob("*.measured.json")} <= cards.keys()
    assert all(read_measurements(name) for name in DETECTORS)
    assert measured_in_card({}) == ()
    assert {one.kind for one in read_measurements(DEFAULT)} >= {"detector", "attack", "conditions"}
