"""The page Signatures: a face inside and outside of the reference, small references, and the table of kinds."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_measurements import SIGNATURES
from page_runs import page, run

from core import pipeline
from core.detectors import DEFAULT
from core.output.signature_sentences import NO_PEOPLE
from core.signatures import KINDS, ReferenceSet, place
from core.storage import paths
from core.storage.measured_files import record_measurements
from core.types import Placement, Signature
from core.types.measurement import Measurement
from pages.parts.session.crop_ids import crop_id
from pages.parts.session.session import Session
from pages.parts.session.signature_places import keep_place
from pages.parts.signatures.kinds_measured import KEY, QUESTION


def cluster(people: int) -> ReferenceSet:
    """References of each person and kind about one spot, described as the shipped ones."""
    shipped = pipeline.load_reference_set()
    values = np.random.default_rng(0).normal(size=(3 * people, 4)).astype(np.float32)
    kinds = np.tile(np.arange(len(KINDS)), people)
    maps = np.zeros((len(values), 4, 4), np.float32)
    return ReferenceSet(values, values[:, :2].copy(), kinds, 0 * kinds, maps, 1.0, shipped.card)


def placed(references: ReferenceSet, far: float) -> Placement:
    return place(references, Signature("lrp-penultimate", np.full(4, far, np.float32), "x"))


def shown(desk: Session, monkeypatch: pytest.MonkeyPatch, references: ReferenceSet, far: float) -> str:
    """What the page says of a face at a place of its own making."""
    monkeypatch.setattr(pipeline, "load_reference_set", lambda: references)
    judged = desk.focused
    assert judged
    fresh = Session()
    fresh.media, fresh.faces = desk.media, desk.faces
    keep_place(
        fresh,
        crop_id(judged.face.crop),
        fresh.detector.version,
        placed(references, far),
        references=str(references.card.sha256),
    )
    return run(page("signatures", fresh))


def test_a_face_outside_of_the_reference_is_called_so(desk: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    references = cluster(40)
    inside = shown(desk, monkeypatch, references, 0.0)
    assert "Outside of the reference" not in inside
    assert "not outside of the reference at 5% (p\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}" in inside
    outside = shown(desk, monkeypatch, references, 30.0)
    assert "Outside of the reference: this face lies farther off" in outside
    assert "farther than for 100% of the 80 unattacked references" in outside


def test_a_reference_that_is_too_small_to_tell_says_so(desk: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    said = shown(desk, monkeypatch, cluster(6), 30.0)
    assert "Outside of the reference" not in said
    assert "the reference is too small to tell whether that is unusual (12 of its" in said


def test_that_a_set_gives_no_people_is_said(desk: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    references = cluster(40)
    assert NO_PEOPLE in shown(desk, monkeypatch, references, 0.0)
    known = replace(references, people=references.people)
    assert NO_PEOPLE not in shown(desk, monkeypatch, known, 0.0)


def test_not_outside_says_how_little_that_was_found_to_mean(desk: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    weights, one = desk.detector.card.sha256, SIGNATURES | {"outside": {"clean": 0.05, "noise": 0.1}}
    measured = [Measurement("signatures", "made people", {"lrp-penultimate": one}, weights=weights)]
    monkeypatch.setattr("core.detectors.checkpoints.status.measurements_of", lambda _: measured)
    words = "of foreign pictures measured, 10% were called outside"
    assert words in shown(desk, monkeypatch, cluster(40), 0.0)
    assert words not in shown(desk, monkeypatch, cluster(40), 30.0), "it is outside"
    measured[0] = replace(measured[0], weights="0" * 64)
    assert words not in shown(desk, monkeypatch, cluster(40), 0.0), "of another network"


def test_the_table_of_kinds_is_made_once_it_is_opened(
    desk: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = tmp_path / "models"
    models.mkdir()
    for path in paths.MODELS.iterdir():
        (models / path.name).symlink_to(path)
    (models / f"{DEFAULT}.measured.json").unlink()
    monkeypatch.setattr(paths, "MODELS", models)
    test = page("signatures", desk)
    assert "Activations of the penultimate layer" not in run(test)
    assert QUESTION in [one.label for one in test.expander]
    test.session_state[KEY] = True
    said = run(test)
    assert f"not measured for {DEFAULT}" in said
    assert any("evaluate signatures" in code.value for code in test.code)

    (models / f"{DEFAULT}.measured.json").unlink(missing_ok=True)
    weights = desk.detector.card.sha256
    new = Measurement("signatures", "made people", {"activations": SIGNATURES}, weights=weights)
    old = replace(new, label="older people", weights="0" * 64)
    record_measurements(DEFAULT, [new, old], folder=models)
    said = run(test)
    assert "not measured for" not in said
    assert said.count("20 real, 20 forged, 20 attacked, 20 noise") == 2
    assert said.count("With other weights than those in use") == 1
    first = test.table[0].value.iloc[0].to_dict()
    assert first["signature"] == "Activations of the penultimate layer"
    assert first["15 nearest: attacked"].replace("\\", "").startswith("100% (")
    assert first["attacked or not, AUC"].replace("\\", "") == "0.970 (0.920 to 0.940)"
    shutil.rmtree(models)
