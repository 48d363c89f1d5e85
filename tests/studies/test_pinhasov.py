"""Pinhasov's study on made faces: layout of every table, people, attacks, what is kept, resume, bad input."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from made_attacked import called_fake, made_forgeries, read_made, tiny_backbone
from made_study import NAME, SMALL, WHOLE, make_small, measured
from PIL import Image
from recorded_progress import RecordedProgress
from sklearn.metrics import roc_auc_score, roc_curve
from typer.testing import CliRunner

from core.__main__ import app
from core.attack_detectors.detect_resnet import DetectResNet
from core.metrics.roc import roc_points
from core.storage.cards import load_weights, read_card
from core.studies import (
    attack_examples,
    detect_study,
    detect_training,
    pinhasov_paper,
)
from core.studies.base import StudyContext
from core.studies.detect_study import DetectSettings, prepare_study
from core.studies.people_media import read_people
from core.studies.study_figures import curve_groups
from core.studies.study_run import kept_table, write_study
from core.types import InputError, StopRequested
from core.types.model_card import AttackDetectorCard
from core.types.study_tables import StudyCell, StudyTable


@pytest.fixture(scope="module", autouse=True)
def small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        make_small(patch)
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_forgeries(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("studies")


@pytest.fixture(scope="module")
def table_3(data: Path, cache: Path) -> StudyTable:
    return measured("table 3", data, cache)


def numbers(row: tuple[StudyCell, ...]) -> list[float]:
    return [float(cell) for cell in row if isinstance(cell, int | float)]


TITLES = ["PGD-B*", "PGD*", "FGSM", "APGD", "Square", "NES", "average"]


def test_table_3_is_laid_out_as_the_papers(table_3: StudyTable) -> None:
    assert table_3.columns == (
        "deepfake detector",
        "attack",
        "G-Backprop",
        "Inp x Grad",
        "Int-Grad",
        "Saliency",
        "LRP",
        "SHAP",
    )
    assert [row[:2] for row in table_3.rows] == [
        *(("one", title) for title in TITLES),
        *(("three", title) for title in TITLES),
        ("all", "total average"),
    ]
    assert table_3.paper
    assert [row[1] for row in table_3.paper] == [row[1] for row in table_3.rows]
    assert table_3.paper[1] == ("EfficientNetB4ST", "PGD*", 99.6, 97.54, 94.48, 99.6, None, None)
    assert table_3.paper[12] == ("XceptionNet", "NES", 88.54, 86.75, 85.80, 89.78, None, None)
    assert table_3.paper[14][2:6] == (83.03, 82.92, 82.33, 87.46)
    for row in table_3.rows:  # of the maps asked for only
        assert [cell is not None for cell in row[2:]] == [False, True, False, True, False, False]
    for start in (0, 7):
        averaged = np.mean([numbers(row) for row in table_3.rows[start + 1 : start + 6]], 0)
        assert numbers(table_3.rows[start + 6]) == pytest.approx(averaged.tolist(), abs=0.01), "without PGD-B"
    both = [numbers(table_3.rows[place]) for place in (6, 13)]
    assert numbers(table_3.rows[14]) == pytest.approx(np.mean(both, 0).tolist(), abs=0.01)
    assert (table_3.n, table_3.settings["faces to learn from, one"]) == (4, 4)


def test_attack_detectors_are_kept_with_their_cards(table_3: StudyTable, cache: Path) -> None:
    folders = [path.parent for path in cache.rglob("full-saliency.json")]
    assert len(folders) == 2
    cards = [read_card("full-saliency", AttackDetectorCard, folder=folder) for folder in folders]
    assert {card.detector for card in cards} == {"one", "three"}
    assert all((card.map, card.training["steps"]) == ("saliency", 12) for card in cards)
    assert not list(cache.rglob("*.partial.pt"))


def test_what_is_kept_is_not_computed_again(
    table_3: StudyTable, data: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("computed again")

    for place in ("core.pipeline.attack", "core.explain.run_all"):
        monkeypatch.setattr(place, never)
    monkeypatch.setattr(detect_training, "_train_all", never)
    monkeypatch.setattr(detect_training, "_scores", never)
    assert measured("table 3", data, cache).rows == table_3.rows


def test_attacks_stay_within_their_budget_and_table_2_counts_what_is_called_fake(
    table_3: StudyTable, data: Path, cache: Path
) -> None:
    found = measured("table 2", data, cache)
    assert found.columns == ("attack", "one, Vid", "one, F2F", "three, Vid", "three, F2F")
    assert [row[0] for row in found.rows] == ["PGD", "FGSM", "APGD", "Square", "NES"]
    assert found.paper
    assert found.paper[1] == ("FGSM", 20.0, 20.66, 0.0, 0.0)
    assert found.rows[0][1:] == (0.0, 0.0, 0.0, 0.0)  # these detectors are turned by 16/255
    assert any("by video and by frame are the same" in note for note in found.notes)
    media = read_people(data, seed=0)
    study = prepare_study(StudyContext(data, cache / NAME), DetectSettings(**WHOLE))
    lane = study.lane(study.detectors[0], "test", detect_study.paper_attacks(), ())
    shares = []
    for number, medium in enumerate(media.test.forged):
        clean = attack_examples._kept(lane, number, "clean")
        attacked = attack_examples._kept(lane, number, "nes")
        assert clean
        assert attacked
        (before,), (after,) = read_made(medium, 1), attacked.crops
        assert np.abs(after.astype(int) - before).max() <= 16
        assert called_fake(study.detectors[0], before)
        shares.append(called_fake(study.detectors[0], after))
        untouched = before if number % 2 == 0 else clean.crops[0]
        assert np.array_equal(clean.crops[0], untouched)
        if number % 2:
            assert not np.array_equal(clean.crops[0], before), "every second one is a real face"
    assert found.rows[4][2] == pytest.approx(100 * np.mean(shares), abs=0.01)


def test_pgd_b_is_measured_with_maps_of_zeros(table_3: StudyTable, data: Path, cache: Path) -> None:
    study = prepare_study(StudyContext(data, cache / NAME), DetectSettings(**WHOLE))
    found = detect_study.detect_examples(study, head_only=False)
    judge = found.judges_of(0)["saliency"]
    assert judge
    shares = []
    for kind in ("clean", "pgd"):
        crops = found.test[0].crops(kind).float()
        with torch.inference_mode():
            attacked = judge.model(crops, torch.zeros_like(crops[:, :1])).argmax(1)
        shares.append(float((attacked == int(kind == "pgd")).float().mean()))
    assert table_3.rows[0][5] == pytest.approx(100 * np.mean(shares), abs=0.01)


def test_table_4_trains_the_head_alone(table_3: StudyTable, data: Path, cache: Path) -> None:
    found = measured("table 4", data, cache)
    assert [row[:2] for row in found.rows] == [row[:2] for row in table_3.rows]
    assert found.paper
    assert found.paper[0][2] == 69.0
    (folder,) = {path.parent for path in cache.rglob("head-saliency.json") if "one" in path.read_text("utf-8")}
    card = read_card("head-saliency", AttackDetectorCard, folder=folder)
    weights = load_weights("head-saliency", card, folder=folder)
    before = DetectResNet(tiny_backbone(data)).state_dict()
    same = {key: torch.equal(weights[key], before[key]) for key in weights}
    assert same["backbone.0.weight"]
    assert not same["head.0.weight"]


def test_tables_6_and_7_are_of_adaptive_attacks(table_3: StudyTable, data: Path, cache: Path) -> None:
    for part, first in (("table 6", (0.0, 0.0, 0.0, 0.16)), ("table 7", (0.0, 0.24, 100.0, 98.6))):
        found = measured(part, data, cache, maps="saliency")
        assert found.columns == ("attack", "three, Vid", "three, F2F", "one, Vid", "one, F2F")
        assert [row[0] for row in found.rows] == ["PGD", "FGSM"]
        assert found.paper
        assert found.paper[0] == ("PGD", *first)
        assert all(0 <= value <= 100 for row in found.rows for value in numbers(row))
        assert found.settings["map"] == "saliency"
    keys = {path.name.split(".")[0].rsplit("-", 1)[0] for path in cache.rglob("adaptive-*.npz")}
    assert keys == {f"adaptive-{name}-{form}" for name in ("detector", "map") for form in ("pgd", "fgsm")}


def test_table_8_tests_on_the_other_detector(table_3: StudyTable, data: Path, cache: Path) -> None:
    found = measured("table 8", data, cache)
    assert [row[:2] for row in found.rows] == [
        *(("one → three", title) for title in TITLES[1:]),
        *(("three → one", title) for title in TITLES[1:]),
        ("all", "total average"),
    ]
    assert found.paper
    assert found.paper[0][:3] == ("EfficientNetB4ST → XceptionNet", "PGD*", 67.33)
    with pytest.raises(InputError, match="table 8 needs two detectors"):
        measured("table 8", data, cache, detectors="one")


def test_table_9_times_each_map(table_3: StudyTable, data: Path, cache: Path) -> None:
    found = measured("table 9", data, cache)
    assert found.columns == ("model", "Baseline", *pinhasov_paper.MAPS.values())
    assert [row[0] for row in found.rows] == ["three", "one"]
    assert found.paper
    assert found.paper[0][:3] == ("XceptionNet", 222.0, "338.1 (+52%)")
    assert all(str(row[3]).endswith("%)") and row[2] is None for row in found.rows)
    assert found.n == 2


def test_curves_agree_with_scikit_learn_and_are_drawn(
    table_3: StudyTable, data: Path, cache: Path, tmp_path: Path
) -> None:
    found = measured("figure 12", data, cache)
    assert found.columns == ("map", "attack", "AUC", "false alarms", "found")
    groups = curve_groups(found)
    assert {name: list(curves) for name, curves in groups.items()} == {
        name: ["PGD*", "FGSM", "APGD", "Square", "NES"] for name in ("Inp x Grad", "Saliency")
    }
    for curves in groups.values():
        for area, points in curves.values():
            assert (points[0], points[-1]) == ((0.0, 0.0), (1.0, 1.0))
            assert np.trapezoid([y for _, y in points], [x for x, _ in points]) == pytest.approx(area, abs=1e-3)
    written = write_study(found, tmp_path)
    assert [path.suffix for path in written] == [".json", ".csv", ".png"]
    with Image.open(written[2]) as drawn:
        assert drawn.size[0] > 500
        assert json.loads(drawn.text["Description"])["table"] == "figure 12"  # type: ignore[attr-defined]
    kept = kept_table(NAME, "figure 12", cache)
    assert kept
    assert kept.rows == found.rows
    random = np.random.default_rng(0)
    clean, attacked = random.integers(0, 9, 40) / 9, random.integers(2, 11, 50) / 9
    truth, scores = np.repeat([0, 1], (40, 50)), np.r_[clean, attacked]
    every = np.stack(roc_curve(truth, scores, drop_intermediate=False)[:2], 1)
    ours = roc_points(clean, attacked)
    assert 2 < len(ours[0]) < len(every)
    assert all(np.isclose(every, point).all(1).any() for point in zip(*ours, strict=True))
    assert np.trapezoid(ours[1], ours[0]) == pytest.approx(roc_auc_score(truth, scores))
    with pytest.raises(InputError, match="figure 13 is of the second of two detectors; what came is one alone"):
        measured("figure 13", data, cache, detectors="one")


def test_figure_2_shows_a_face_under_each_attack(table_3: StudyTable, data: Path, cache: Path, tmp_path: Path) -> None:
    found = measured("figure 2", data, cache)
    assert [row[:2] for row in found.rows[:2]] == [("no attack", "fake"), ("PGD", "real")]
    assert [row[0] for row in found.rows] == ["no attack", "PGD", "FGSM", "APGD", "Square", "NES"]
    assert found.columns[4:] == ("Inp x Grad", "Saliency")
    assert found.rows[0][3:] == (0, 1.0, 1.0)
    assert all(0 < float(row[3] or 0) <= 16 for row in found.rows[1:])
    assert found.panels
    assert [(one.name, one.method, one.signed) for one in found.panels[:3]] == [
        ("no attack", "Inp x Grad", True),
        ("no attack", "Saliency", False),
        ("PGD", "Inp x Grad", True),
    ]
    kept = kept_table(NAME, "figure 2", cache)
    assert kept
    assert kept.panels
    assert [(one.method, one.signed) for one in kept.panels] == [(one.method, one.signed) for one in found.panels]
    assert [path.suffix for path in write_study(found, tmp_path)] == [".json", ".csv", ".png"]


def test_a_stopped_study_goes_on(table_3: StudyTable, data: Path, cache: Path, tmp_path: Path) -> None:
    def third(progress: RecordedProgress) -> bool:
        return any(text == "Attacking and explaining faces" and done >= 3 for done, _, text in progress.told)

    with pytest.raises(StopRequested):
        measured("table 3", data, tmp_path, progress=RecordedProgress(third))
    begun = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npz")}
    assert 0 < len(begun) < len(list(cache.rglob("*.npz")))

    def training(progress: RecordedProgress) -> bool:
        return any("Finetuning on" in text and done >= 5 for done, _, text in progress.told)

    with pytest.raises(StopRequested):
        measured("table 3", data, tmp_path, progress=RecordedProgress(training))
    assert len(list(tmp_path.rglob("*.partial.pt"))) == 1
    found = measured("table 3", data, tmp_path)
    assert {path: path.stat().st_mtime_ns for path in begun} == begun, "nothing was made again"
    assert found.rows == table_3.rows


def test_minutes_bound_the_work_and_say_what_was_done(table_3: StudyTable, data: Path, tmp_path: Path) -> None:
    found = measured("table 3", data, tmp_path, minutes=1e-6, train=8)
    assert found.settings["faces to learn from, one"] == 2
    assert any("one: 2 faces to learn from, 2 to test on, fewer than asked for" in note for note in found.notes)
    missing = (
        "Not trained within the minutes: Inp x Grad on one, Inp x Grad on three, Saliency on one, Saliency on three. "
        "Training begins once all media to learn from are attacked: one has 2 of 8, three has 2 of 8. "
        "The same command goes on."
    )
    assert missing in found.notes
    assert not list(tmp_path.rglob("*.partial.pt")), "on fewer faces it would be lost to the next run"
    assert found.rows[1][3] is None
    for part in ("table 6", "figure 10"):
        bare = measured(part, data, tmp_path, minutes=1e-6, train=8)
        assert any("Not trained" in note for note in bare.notes)
        assert write_study(bare, tmp_path / "out")
    early = measured("table 3", data, tmp_path, minutes=1e-6, train=2)
    assert early.rows[1][3] is not None, "the first is trained whatever the minutes say"
    assert early.rows[1][5] is None


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"maps": "saliency,occlusion"}, "maps are all, or some of guided-backprop, .*; what came is occlusion"),
        ({"maps": " , "}, "maps are names joined by commas"),
        ({"backbone": "vgg"}, "backbone has to be one of efficientnet-lite0, resnet50; what came is 'vgg'"),
        ({"detectors": ""}, "detectors has to be a text; what came is ''"),
        ({"train": 1}, "train has to lie between 2 and"),
    ],
)
def test_bad_settings_are_one_sentence(given: dict[str, Any], words: str, data: Path, cache: Path) -> None:
    with pytest.raises(InputError, match=words):
        measured("table 3", data, cache, **given)


def test_bad_data_are_one_sentence(data: Path, cache: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing from .*: real \(a folder of real faces beside .*dfdc\.jsonl"):
        measured("table 3", tmp_path, cache)
    with pytest.raises(InputError, match="pinhasov2024 has no table 5; it has: table 3, table 2"):
        measured("table 5", data, cache)
    shutil.copytree(data / "real", tmp_path / "real")
    with pytest.raises(InputError, match="no folder of forgeries beside real/"):
        measured("table 3", tmp_path, cache)
    shutil.copytree(data / "real", tmp_path / "fake")
    with pytest.raises(InputError, match="one calls none of 10 forgeries fake: there is nothing to attack"):
        measured("table 3", tmp_path, cache)


def test_the_command_measures_a_table(
    table_3: StudyTable, data: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.studies.study_run.studies_folder", lambda _=None: cache)
    given = [f"--set={key}={value}" for key, value in SMALL.items()]
    made = CliRunner().invoke(app, ["study", NAME, "--table", "3", "--data", str(data), *given, "--json"])
    assert made.exit_code == 0, made.output
    found = json.loads(made.stdout)
    assert {"study", "table", "columns", "rows", "paper", "settings", "n"} <= set(found)
    assert (found["study"], found["table"], found["n"]) == (NAME, "table 3", table_3.n)
    assert [tuple(row) for row in found["rows"]] == list(table_3.rows)
