"""The hashes of models that a case keeps: the face finder's, and each model's of its card."""

from __future__ import annotations

import hashlib

import pytest

from core import pipeline
from core.detectors import DEFAULT
from core.engine.case_work import weights_of
from core.engine.model_weights import weights_now, weights_of_models
from core.faces.centerface import FACE_FINDER, face_finder_sha256
from core.recognition.load_recogniser import load_recogniser
from core.types import InputError


def test_each_model_is_named_with_its_hash() -> None:
    detector, signs, asked = pipeline.load_detector(), pipeline.load_attack_signs(), pipeline.load_attack_detector()
    recogniser = load_recogniser()
    found = weights_of_models(detector, signs, asked, recogniser)
    assert found == {
        FACE_FINDER: face_finder_sha256(),
        DEFAULT: detector.card.sha256,
        f"{DEFAULT} calibration": detector.calibration_id,
        "attack-signs": signs.card.sha256,
        asked.name: asked.card.sha256,
        recogniser.name: recogniser.version,
    }
    assert {len(one) for one in found.values()} == {64}
    assert weights_of_models() == {FACE_FINDER: face_finder_sha256()}


def test_weights_are_found_again_by_name() -> None:
    found = weights_of(DEFAULT)
    assert weights_now(found) == found
    recogniser = load_recogniser()
    assert weights_now([recogniser.name, "a network at a path"]) == {recogniser.name: recogniser.version}


def test_a_model_that_is_gone_hinders_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> object:
        raise InputError("its weights are gone")

    found = weights_of(DEFAULT)
    monkeypatch.setattr(pipeline, "load_attack_signs", gone)
    assert weights_now([*found, "attack-signs"]) == {name: one for name, one in found.items() if name != "attack-signs"}


def test_only_what_is_named_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    found = weights_of_models(pipeline.load_attack_signs())
    loaders = ("load_attack_detector", "load_synthetic_faces", "load_reference_set", "load_detector")
    for name in loaders:
        monkeypatch.setattr(pipeline, name, lambda *_: pytest.fail("loaded"))
    assert weights_now(found) == found


def test_who_asks_again_hashes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def named() -> dict[str, str]:
        asked = pipeline.load_attack_signs(), pipeline.load_attack_detector(), load_recogniser()
        return weights_of_models(pipeline.load_detector(), *asked)

    found = named()
    for name in ("sha256", "file_digest"):
        monkeypatch.setattr(hashlib, name, lambda *_: pytest.fail("hashed again"))
    assert named() == found


def test_an_analysis_names_all_that_it_asks() -> None:
    found, references = weights_of(DEFAULT), pipeline.load_reference_set()
    assert {FACE_FINDER, DEFAULT, "attack-signs", pipeline.load_synthetic_faces().card.name} <= set(found)
    assert (references.card.name in found) == (references.card.detector == DEFAULT)
