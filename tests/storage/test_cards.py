"""Model cards: typed, checked where they are made, and tolerant of what a person's card holds besides."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest

from core.attack_detectors import ATTACK_DETECTORS
from core.attack_detectors.answer import NAME as ATTACK_SIGNS
from core.detectors import DETECTORS
from core.detectors.checkpoints import user_checkpoints
from core.detectors.checkpoints.status import card_of, measurements_of
from core.output.records import card_record
from core.signatures import DEFAULT_SET
from core.storage.cards import card_from, card_values, read_card, write_card
from core.storage.paths import MODELS
from core.synthetic_faces import NAME as SYNTHETIC_FACES
from core.types import InputError
from core.types.model_card import (
    AttackDetectorCard,
    DetectorCard,
    ModelCard,
    ReferenceSetCard,
    SignNetworkCard,
    SyntheticFacesCard,
)

SHIPPED: dict[str, type[ModelCard]] = {
    **dict.fromkeys(DETECTORS, DetectorCard),
    **dict.fromkeys(ATTACK_DETECTORS, AttackDetectorCard),
    DEFAULT_SET: ReferenceSetCard,
    ATTACK_SIGNS: SignNetworkCard,
    SYNTHETIC_FACES: SyntheticFacesCard,
}
ATTACK_DETECTOR = {"detector": "some", "map": "lrp", "target": "margin", "warrant": "Little."}


def test_every_card_that_ships_has_its_type() -> None:
    assert {path.stem for path in MODELS.glob("*.json") if "." not in path.stem} == SHIPPED.keys()


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_card_is_read_whole_and_is_the_same_after_it_was_written(name: str, tmp_path: Path) -> None:
    card = read_card(name, SHIPPED[name])
    assert not card.extra, "every fact of a shipped card has a field"
    assert card.name == name
    for fact in (card.source, card.licence, card.file):
        assert fact
    write_card(name, card, tmp_path)
    assert read_card(name, SHIPPED[name], folder=tmp_path) == card
    on_disk = json.loads((MODELS / f"{name}.json").read_text("utf-8"))
    said = {key: value for key, value in on_disk.items() if value is not None and value is not False and value != []}
    assert card_record(card) == said


@pytest.mark.parametrize(
    ("kind", "changed", "words"),
    [
        (DetectorCard, {"title": None}, "'title' of a model's card is text; what came is None"),
        (DetectorCard, {"papers": "Someone 2020"}, "'papers' of a model's card is a list of texts"),
        (DetectorCard, {"papers": [2020]}, "'papers' of a model's card is a list of texts"),
        (DetectorCard, {"size": "12 MB"}, "'size' of a model's card is a whole number or none; what came is '12 MB'"),
        (DetectorCard, {"size": True}, "'size' of a model's card is a whole number or none"),
        (DetectorCard, {"calibrated": "no"}, "'calibrated' of a model's card is true or false"),
        (DetectorCard, {"training": []}, "'training' of a model's card is an object"),
        (DetectorCard, {"file": "../a.pth"}, "'file' of a model's card is a name without a folder; what came is ../a"),
        (DetectorCard, {"sha256": "ab"}, "'sha256' of a model's card is 64 of 0-9 and a-f; what came is ab"),
        (AttackDetectorCard, {"target": "both"}, "'target' of a model's card is one of fake, real, margin"),
    ],
)
def test_refusals(kind: type[ModelCard], changed: dict[str, Any], words: str) -> None:
    more = ATTACK_DETECTOR if kind is AttackDetectorCard else {}
    with pytest.raises(InputError, match=words):
        card_from({"name": "a", "title": "A", **more, **changed}, kind)


def test_cards_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        DetectorCard(name="a", title="A").title = "B"  # type: ignore[misc]


def test_what_has_no_field_is_kept() -> None:
    values = {"name": "a", "title": "A", "papers": ["One 2001"], "my_note": {"seen": [1, 2]}}
    card = card_from(values, DetectorCard)
    assert card.extra == {"my_note": {"seen": [1, 2]}}
    assert card_values(card) == values


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"name": "a", "title": 3}'])
def test_a_damaged_card_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(InputError, match=r"the card a\.json of the model a is damaged: "):
        read_card("a", DetectorCard, folder=tmp_path)


def test_the_card_of_an_own_checkpoint_of_version_03_is_still_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(tmp_path))
    old = {
        "name": "mine",
        "title": "mine (own, Meso4)",
        "source": "your own checkpoint",
        "licence": "not known",
        "papers": ["Afchar et al. 2018, arXiv:1809.00888"],
        "input": "256 x 256",
        "crop": "square",
        "output": "sigmoid",
        "calibrated": False,
        "scope": "Your own checkpoint: what it was trained and measured on is not known here.",
        "layout": "meso4",
        "file": "mine.h5",
        "came_as": "My.h5",
        "added": "2026-11-21",
        "sha256": "0" * 64,
        "measured": {"on my faces": {"detector": "mine", "auc": {"all": 0.7}}},
        "remark": "by hand",
    }
    user_checkpoints.folder().mkdir(parents=True)
    (user_checkpoints.folder() / "mine.json").write_text(json.dumps(old))
    card = card_of("mine")
    assert (card.title, card.layout, card.came_as) == ("mine (own, Meso4)", "meso4", "My.h5")
    assert card.extra.keys() == {"measured", "remark"}
    (measured,) = measurements_of("mine")
    assert (measured.kind, measured.label, measured.record["auc"]) == ("detector", "on my faces", {"all": 0.7})
