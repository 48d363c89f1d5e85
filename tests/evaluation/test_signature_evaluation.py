"""Signatures judged by people never seen: by neighbours, a classifier and distance; and by its command."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from recorded_progress import RecordedProgress, after_steps
from typer.testing import CliRunner

from core import pipeline, signatures
from core.__main__ import app
from core.detectors import DEFAULT, Detector
from core.evaluation import signature_evaluation
from core.evaluation.fold_judges import source_groups
from core.evaluation.foreign_faces import FOREIGN
from core.evaluation.signature_evaluation import evaluate_signatures
from core.faces.regions import REGIONS
from core.media.images import encode_png
from core.reports.signature_tables import signature_facts, signature_rows
from core.signatures import ATTACKS, KINDS, SIGNATURES, attack_classifiers, load_reference_set
from core.signatures.attack_classifiers import CLASSIFIERS, DEFAULT_CLASSIFIER, attacked_scores
from core.signatures.held_out import nearest_votes, outside_shares
from core.signatures.reference_distance import clean_distances, conformal_p, kth_distances
from core.storage.measured_files import read_measurements
from core.storage.paths import MODELS
from core.types import Array, InputError, StopRequested
from core.types.measured_results import MeasuredSignatures

PEOPLE, SIDE = 16, 12


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Real pictures and forgeries of each person in two kinds; one has no face."""
    rng = np.random.default_rng(0)
    for kind in ("real", "swap", "blend"):
        (tmp_path / kind).mkdir()
        for person in range(PEOPLE):
            picture = rng.integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
            (tmp_path / kind / f"{person:03d}.png").write_bytes(encode_png(picture))
    return tmp_path


@pytest.fixture(autouse=True)
def _few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attack_classifiers, "TREE_COUNT", 10)


@pytest.fixture(autouse=True)
def _whole_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each picture is a face; that of the last person is none."""

    def whole(path: Path) -> Array | None:
        return None if path.stem == f"{PEOPLE - 1:03d}" else pipeline.open_media(path).frame(0)

    regions = np.resize(np.arange(len(REGIONS), dtype=np.uint8), (SIDE, SIDE))
    monkeypatch.setattr(signature_evaluation, "largest_face", whole)
    monkeypatch.setattr(signature_evaluation, "regions_of_crop", lambda _: regions)


def test_every_kind_is_measured(folder: Path, linear_detector: Detector) -> None:
    progress = RecordedProgress()
    kinds = ("lrp-penultimate", "lrp-regions")
    found = evaluate_signatures(linear_detector, folder, kinds=kinds, progress=progress)
    assert tuple(found) == kinds
    for one in found.values():
        assert one.counts == {"real": 15, "fake": 14, "attacked": 14, **dict.fromkeys(FOREIGN, 15)}
        assert (one.n, one.people, one.no_verdict, one.detector) == (43, 15, 3, "linear")
        assert set(one.knn15) == set(KINDS)
        assert set(one.outside) == {"clean", *FOREIGN}
        shares = [*one.knn15.values(), *one.outside.values(), one.auc_attacked]
        assert all(share is not None and 0 <= share <= 1 for share in shares)
        assert one.attacks["pgd"]["steps"] == 20
        assert tuple(one.classifiers) == CLASSIFIERS
        assert one.auc_attacked == one.classifiers[DEFAULT_CLASSIFIER].auc
        for measured in one.classifiers.values():
            assert (measured.n, measured.people) == (43, 15)
            assert {name: sum(row.values()) for name, row in measured.confusion.items()} == {
                "none": 29,
                "pgd": 7,
                "fgsm": 7,
            }
            assert measured.roc[0] == (0, 0)
            assert measured.roc[-1] == (1, 1)
    assert progress.told[-1] == (2 * PEOPLE, 2 * PEOPLE, "Computing signatures, media")


def test_each_kind_of_forgery_is_attacked_by_each_attack(
    folder: Path, linear_detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = list[tuple[str, int]]()
    add, kinds = signature_evaluation._add, {path.read_bytes(): path.parent.name for path in folder.rglob("*.png")}

    def noted(found: Any, detector: Any, crop: Array, places: Any, attack: int | None, *rest: int) -> None:
        if attack is not None:
            made.append((kinds[encode_png(crop)], attack))
        add(found, detector, crop, places, attack, *rest)

    monkeypatch.setattr(signature_evaluation, "_add", noted)
    evaluate_signatures(linear_detector, folder, kinds=["activations"])
    assert set(made) == {(kind, attack) for kind in ("swap", "blend") for attack in range(len(ATTACKS))}
    assert max(Counter(made).values()) - min(Counter(made).values()) <= 1


def test_it_can_be_stopped(folder: Path, linear_detector: Detector) -> None:
    with pytest.raises(StopRequested):
        evaluate_signatures(linear_detector, folder, kinds=["activations"], progress=RecordedProgress(after_steps(2)))


def test_too_few_faces_are_refused(folder: Path, linear_detector: Detector) -> None:
    with pytest.raises(InputError, match="takes faces of 5 people .* there are 2 people and 4 unattacked faces, 2 of"):
        evaluate_signatures(linear_detector, folder, kinds=["activations"], limit=3)


def test_the_command_prints_each_kind(folder: Path, linear_detector: Detector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "load_detector", lambda _: linear_detector)
    asked = ["evaluate", "signatures", "--data", str(folder), "--kind", "activations", "--json"]
    ran = CliRunner().invoke(app, asked)
    assert ran.exit_code == 0, ran.output
    found = json.loads(ran.stdout)
    assert list(found) == ["activations"]
    assert {"knn15", "auc_attacked", "outside", "n"} <= set(found["activations"])
    trees = found["activations"]["classifiers"]["boosted trees"]
    assert trees["auc"] == found["activations"]["auc_attacked"]
    assert {"auc_interval", "roc", "confusion", "threshold", "found", "alarms"} <= set(trees)


def test_the_command_measures_a_reference_set(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = load_reference_set()
    few = replace(whole, values=whole.values[:150, ::8], people=whole.people[:150], attacks=whole.attacks[:150])
    monkeypatch.setattr(signatures, "load_reference_set", lambda name: {"signature-bank": few}[name])
    ran = CliRunner().invoke(app, ["evaluate", "signatures", "--references", "signature-bank", "--json"])
    assert ran.exit_code == 0, ran.output
    found = json.loads(ran.stdout)["lrp-penultimate"]
    assert (found["references"], found["detector"], found["n"]) == ("signature-bank", "efficientnet-lite0", 150)
    assert list(found["classifiers"]) == list(CLASSIFIERS)
    assert found["auc_attacked"] == found["classifiers"][DEFAULT_CLASSIFIER]["auc"]


def test_what_is_recorded_is_what_was_printed(
    folder: Path, linear_detector: Detector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = tmp_path / "models"
    models.mkdir()
    shutil.copy(MODELS / f"{DEFAULT}.json", models)
    monkeypatch.setattr("core.storage.paths.MODELS", models)
    monkeypatch.setattr(pipeline, "load_detector", lambda _: linear_detector)
    asked = ["evaluate", "signatures", "--data", str(folder), "--kind", "activations,lrp-penultimate", "--json"]
    ran = CliRunner().invoke(app, [*asked, "--record", "made people"], catch_exceptions=False)
    (one,) = read_measurements(DEFAULT, folder=models)
    assert (one.kind, one.label, one.data) == ("signatures", "made people", folder.name)
    assert one.record == json.loads(ran.stdout)
    assert isinstance(one.result, MeasuredSignatures)
    rows = signature_rows(one.result)
    assert [row["signature"] for row in rows] == [SIGNATURES[name].title for name in ("activations", "lrp-penultimate")]
    assert all((row["signatures"], row["people"]) == ("43", "15") for row in rows)
    assert {"outside: clean", *(f"outside: {name}" for name in FOREIGN)} <= set(rows[0])
    assert "15 real, 14 forged, 14 attacked" in signature_facts(one.result)
    assert "PGD" in signature_facts(one.result)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            ["--data", "FOLDER", "--kind", "nothing"],
            "no signature 'nothing'; known are: lrp-penultimate, lrp-",
        ),
        (["--data", "FOLDER", "--kind", ","], "no signature to measure"),
        ([], "--data is the folder whose faces are measured; --references NAME measures a reference set"),
        (["--references", "signature-bank", "--kind", "activations"], "--kind has no meaning beside --references"),
        (
            ["--references", "signature-bank", "--limit", "9"],
            "--limit has no meaning beside --references without --data",
        ),
        (["--references", "signature-bank", "--data", "FOLDER/gone"], "is not a folder"),
        (["--references", "gone"], "there is no reference set gone; there are: signature-bank"),
        (["--data", "FOLDER/real"], "has no folder real/"),
        (["--data", "FOLDER/gone"], "is not a folder"),
        (["--data", "FOLDER", "--detector", "gone"], "there is no detector 'gone'"),
    ],
)
def test_bad_input_is_said_in_a_sentence(folder: Path, given: list[str], words: str) -> None:
    asked = ["evaluate", "signatures", *(word.replace("FOLDER", str(folder)) for word in given)]
    with pytest.raises(InputError) as raised:
        CliRunner().invoke(app, asked, catch_exceptions=False)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


def test_neighbours_are_of_other_people() -> None:
    """Each person's signatures lie on one spot, so that only their own would tell their kind."""
    rng = np.random.default_rng(0)
    people, labels = np.arange(120) // 3, np.arange(120) % 3
    spots = rng.normal(size=(40, 4))[people] * 9
    assert (nearest_votes(spots + labels[:, None] / 99, labels, people, k=1) == labels).mean() < 0.6
    apart = rng.normal(size=(120, 4)) + 20 * labels[:, None]
    assert (nearest_votes(apart, labels, people) == labels).all()
    scores = attacked_scores(apart, (labels == 2).astype(int), people)
    assert scores[labels == 2].min() > scores[labels != 2].max()


def test_one_in_twenty_is_called_outside_and_what_is_foreign_always() -> None:
    rng = np.random.default_rng(0)
    values, people = rng.normal(size=(900, 6)), np.arange(900) // 3
    clean = np.arange(900) % 3 != 2
    far, near = rng.normal(size=(60, 6)) + 30, rng.normal(size=(300, 6))
    found = outside_shares(values, clean, people, {"far": (far, np.arange(60)), "alike": (near, np.arange(300))})
    assert found["clean"] == pytest.approx(0.05, abs=0.02)
    assert found["alike"] == pytest.approx(0.05, abs=0.03)
    assert found["far"] == 1


def test_distances_and_p_values_by_hand() -> None:
    references = np.asarray([[0.0], [1], [3], [7]])
    assert kth_distances(np.asarray([[0.0], [4]]), references, k=2).tolist() == [1, 3]
    people, clean = np.asarray([0, 0, 1, 2]), np.asarray([True, False, True, True])
    assert clean_distances(references, clean, people, k=2).tolist() == [7, 3, 6]
    p = conformal_p(np.asarray([0.5, 2, 9]), np.asarray([1.0, 2, 3, 4]))
    assert p == pytest.approx([1, 4 / 5, 1 / 5])


@pytest.mark.parametrize("name", FOREIGN)
def test_foreign_faces_keep_the_size_and_change_the_picture(name: str, crop: Array) -> None:
    made = FOREIGN[name](crop, np.random.default_rng(0))
    assert made.shape == crop.shape
    assert made.dtype == np.uint8
    assert np.abs(made.astype(int) - crop).mean() > 5
    if name == "cartoon":
        assert len(np.unique(made)) <= 5


def test_sources_of_one_person_are_in_one_group() -> None:
    media = [Path(f"{name}.mp4") for name in ("183_253", "253", "001", "a-x", "a-y", "b")]
    groups = source_groups(media, {"a": "1", "b": "1", "c": "2"})
    assert sorted(map(sorted, groups)) == [["001"], ["183", "253"], ["a", "b"]]
