"""Maps measured on folders: figures known beforehand, the same faces for chance, and what goes into a card."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from known_models import CARD
from made_maps import weights
from PIL import Image
from recorded_progress import RecordedProgress
from typer.testing import CliRunner

from core import explain
from core.__main__ import app
from core.detectors import DEFAULT, DETECTORS, Detector
from core.detectors.checkpoints.status import card_of
from core.evaluation import labelled_faces
from core.evaluation.maps import conservation, critical_regions, map_evaluation, map_quality, map_table
from core.evaluation.maps.map_evaluation import PARTS
from core.explain import quality, run
from core.explain.analysis.critical_pixels import DRAWS, largest, logits_with_masks
from core.explain.methods.lrp import CONVOLUTIONS
from core.explain.quality import random_baseline
from core.media_attack import samples
from core.output.value_records import value_record
from core.storage.measured_files import MAPS, read_measurements
from core.storage.paths import MODELS
from core.types import FAKE, REAL, Array, InputError, QualityMetric
from core.types.map_summaries import (
    Conservation,
    CriticalRegions,
    MapEvaluation,
    MapsOfDetector,
    MeanEffect,
    MeanOfFaces,
)
from core.types.measured_results import MeasuredConservation
from core.types.measurement import Measurement

CONSERVED = {DEFAULT: Conservation("ab", {}), "meso4-df": Conservation("random, seed 3", {})}
NO_EFFECT = MeanEffect(*[MeanOfFaces(0, None, None)] * 3)
CRITICAL = CriticalRegions("pgd", {"steps": 2}, 4, 2, 0, NO_EFFECT, ())
FOUND = MapEvaluation("faces", 3, 2, CONSERVED, MapsOfDetector(DEFAULT, "ab", 2, {"lrp": {}}, CRITICAL))


def metric(name: str, value: float, better: str = "lower", why: str | None = None) -> dict[str, QualityMetric]:
    return {name: QualityMetric(name, value, better, "A sentence.", why)}


def fake_pictures(detector: Detector, count: int) -> list[Array]:
    """Images (12, 12, 3) of noise that the linear detector calls fake, by some way."""
    rng, slope = np.random.default_rng(0), 20 * np.sign(weights(detector))
    images = (np.clip(rng.integers(0, 256, (12, 12, 3)) + slope, 0, 255).astype(np.uint8) for _ in range(500))
    return list(islice((one for one in images if 1 < detector.verdict(one).margin < 6), count))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """real/ with the portrait and an image without a face; fake/ with the forged portrait twice."""
    for path, image in (
        ("real/a.png", samples.portrait()),
        ("real/b.png", np.full((80, 80, 3), 90, np.uint8)),
        ("fake/a.png", samples.forged_portrait()),
        ("fake/b.png", samples.forged_portrait()[:, ::-1]),
    ):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        Image.fromarray(np.ascontiguousarray(image)).save(tmp_path / path)
    return tmp_path


# Which faces


def test_kinds_come_in_turn_in_an_order_that_the_seed_draws() -> None:
    kinds = [[Path(f"{kind}{i}") for i in range(count)] for kind, count in (("a", 4), ("b", 2))]
    assert [str(path) for path in labelled_faces.interleave(kinds)] == ["a0", "b0", "a1", "b1", "a2", "a3"]
    drawn = [labelled_faces.interleave(kinds, seed=seed) for seed in (0, 0, 1, 2)]
    assert drawn[0] == drawn[1]
    assert len({tuple(order) for order in drawn}) > 1
    assert all(sorted(order) == sorted(kinds[0] + kinds[1]) for order in drawn)
    assert all([str(path)[0] for path in order] == list("ababaa") for order in drawn)


@pytest.mark.slow
def test_faces_are_the_largest_and_those_called_fake(folder: Path, shipped: Detector) -> None:
    paths = sorted(folder.rglob("*.png"))
    assert labelled_faces.largest_face(folder / "real" / "b.png") is None
    assert labelled_faces.largest_face(folder / "none.png") is None
    found = list(labelled_faces.crops(paths))
    assert len(found) == 3
    fake = list(labelled_faces.predicted_fake(shipped, paths))
    labels = [shipped.verdict(crop).label for crop in found]
    assert len(fake) == labels.count("fake") > 0
    assert {crop.tobytes() for crop in fake} == {
        crop.tobytes() for crop, label in zip(found, labels, strict=True) if label == "fake"
    }


# Figures


def test_better_than_chance_is_above_0_whichever_direction_is_better() -> None:
    for better, sign in (("lower", -1), ("higher", 1)):
        rows = [metric("f", 0.5 + sign * gain, better) for gain in (0.1, 0.2, 0.3)]
        chance = [metric("f", 0.5, better)] * 3
        (found,) = map_quality.metrics_of(rows, chance).values()
        assert found.than_chance
        assert found.than_chance.mean == pytest.approx(0.2)
        assert found.than_chance.interval
        low, high = found.than_chance.interval
        assert 0.1 <= low < high <= 0.3 + 1e-6
    assert map_quality.metrics_of(chance, None)["f"].than_chance is None


def test_degenerate_figures_are_counted_and_left_out_of_pairs_too() -> None:
    rows = [metric("f", 0.1), metric("f", 9, why="Flat."), metric("f", 0.3), {}]
    chance = [metric("f", 0.2), metric("f", 0.2), metric("f", 7, why="Flat."), metric("f", 0.2)]
    (found,) = map_quality.metrics_of(rows, chance).values()
    assert (found.values.average.n, found.degenerate) == (2, 1)
    assert found.values.average.mean == pytest.approx(0.2)
    assert found.than_chance == MeanOfFaces(1, 0.1, None)


def test_a_figure_that_chance_does_not_have_is_not_compared() -> None:
    rows = [metric("promise", 1.0, "near one") | metric("sanity check", 0.5)]
    found = map_quality.metrics_of(rows, [metric("deletion AUC", 0.5)])
    assert all(one.than_chance is None for one in found.values())


def test_maps_of_noise_of_a_face_are_one_row() -> None:
    rows = [tuple(metric("f", value).values()) for value in (0.2, 0.4)]
    assert map_quality.mean_row(rows)["f"].value == pytest.approx(0.3)
    rows.append(tuple(metric("f", 1, why="Flat.").values()))
    assert map_quality.mean_row(rows)["f"].degenerate == "Flat."


def test_worth_is_the_strip_of_each_map_and_of_noise(linear_detector: Detector) -> None:
    linear_detector.model.get_parameter("linear.weight").data *= 3
    crops = fake_pictures(linear_detector, 3)
    progress = RecordedProgress()
    found = map_quality.of_maps(linear_detector, crops, ("input-x-gradient", "lrp"), seed=1, progress=progress)
    assert list(found) == ["input-x-gradient", "lrp", map_quality.CHANCE]
    assert found["lrp"]["conserved with biases"].values.median == pytest.approx(1, abs=1e-3)
    assert set(found[map_quality.CHANCE]) == {"deletion AUC", "insertion AUC", "adversarial top-3 drop"}
    for name in ("deletion AUC", "insertion AUC"):
        sign = 1 if name.startswith("insertion") else -1
        one, noise = (value_record(found[of][name]) for of in ("input-x-gradient", map_quality.CHANCE))
        assert one["n"] == 3
        gain = sign * (one["mean"] - noise["mean"])
        assert one["than_chance"]["mean"] == pytest.approx(gain, abs=1e-4)
        assert "than_chance" not in noise
        assert gain > 0  # of a linear model it is the right order
    assert "run time" not in found["lrp"]
    assert progress.steps == [(1, 3), (2, 3), (3, 3)]


def test_every_face_has_noise_of_its_own(linear_detector: Detector, monkeypatch: pytest.MonkeyPatch) -> None:
    seeds: list[int] = []

    def watched(detector: Detector, crop: Array, *, draws: int, seed: int) -> list[tuple[QualityMetric, ...]]:
        seeds.append(seed)
        return random_baseline(detector, crop, draws=draws, seed=seed)

    monkeypatch.setattr(quality, "random_baseline", watched)
    map_quality.of_maps(linear_detector, fake_pictures(linear_detector, 1) * 3, (), seed=4)
    assert seeds == [4, 5, 6]


# Conservation


@pytest.mark.slow
def test_conservation_is_what_the_maps_say_and_one_layout_is_measured_once(
    random_detector: Detector, crop: Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def installed_or_random(name: str, seed: int) -> tuple[Detector, str]:
        return random_detector, "installed" if name == DEFAULT else "random"

    def counted(name: str, *more: Any, **others: Any) -> Any:
        asked.append(name)
        return run(name, *more, **others)

    monkeypatch.setattr(conservation, "installed_or_random", installed_or_random)
    monkeypatch.setattr(explain, "run", counted)
    crops = [crop, 255 - crop]
    found = conservation.of_detectors((DEFAULT, "meso4-df", "meso4-f2f"), crops, seed=7)
    assert [one.weights for one in found.values()] == [CARD.sha256, "random, seed 7", "random, seed 7"]
    assert len(asked) == 2 * len(crops) * len(CONVOLUTIONS)
    for rule in CONVOLUTIONS:
        shares = [[f.value for f in run("lrp", random_detector, one, {"rule": rule}).quality] for one in crops]
        measured = found[DEFAULT].rules[rule]
        for one, values in zip((measured.without_biases, measured.with_biases), np.transpose(shares), strict=True):
            assert one.min == pytest.approx(values.min(), rel=1e-4)
            assert one.max == pytest.approx(values.max(), rel=1e-4)
        assert measured.near == np.mean(np.abs(np.transpose(shares)[1] - 1) <= 0.05)
        assert measured.n == 2


# Critical pixels


@pytest.fixture
def attacked(small_picture: Array) -> Array:
    return np.clip(small_picture.astype(int) + np.random.default_rng(5).integers(-40, 41, (12, 12, 3)), 0, 255).astype(
        np.uint8
    )


def test_the_part_of_the_margin_is_that_of_the_kept_pixels(
    linear_detector: Detector, small_picture: Array, attacked: Array
) -> None:
    found = critical_regions.of_face(linear_detector, small_picture, attacked, seed=2)
    values = run("shap", linear_detector, attacked, {"samples": critical_regions.SAMPLES}, seed=2).map
    mask = largest(values, 0.1)
    clean, changed = (linear_detector.verdict(one) for one in (small_picture, attacked))
    mixed = linear_detector.verdict(np.where(mask[..., None], attacked, small_picture))
    one = found["attack generation", 0.1, "critical"]
    assert one.part == pytest.approx((clean.margin - mixed.margin) / (clean.margin - changed.margin), abs=1e-4)
    assert one.fall == pytest.approx(clean.p_fake - mixed.p_fake, abs=1e-6)
    assert one.real == float(mixed.label == "real")
    assert len(found) == 2 * len(critical_regions.SHARES) * len(critical_regions.PLACES)


def test_as_many_pixels_are_kept_at_every_place(
    linear_detector: Detector, small_picture: Array, attacked: Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[Array]] = []

    def watched(detector: Detector, clean: Array, after: Array, masks: Sequence[Array]) -> Array:
        seen.append(list(masks))
        return logits_with_masks(detector, clean, after, masks)

    monkeypatch.setattr(critical_regions, "logits_with_masks", watched)
    critical_regions.of_face(linear_detector, small_picture, attacked, seed=0)
    assert len(seen) == 1 + 2 * len(critical_regions.SHARES)
    for share, masks in zip(critical_regions.SHARES * 2, seen[1:], strict=True):
        assert {int(mask.sum()) for mask in masks} == {max(1, round(share * 144))}
        assert len(masks) == 1 + 2 * DRAWS
        shifts = [np.roll(masks[0], (i, j), (0, 1)).tobytes() for i in range(12) for j in range(12)]
        assert all(mask.tobytes() in shifts for mask in masks[1 : 1 + DRAWS])
        if share > 0.05:
            assert any(mask.tobytes() not in shifts for mask in masks[1 + DRAWS :])


def test_an_attack_kept_nowhere_and_everywhere(
    linear_detector: Detector, small_picture: Array, attacked: Array
) -> None:
    ends = logits_with_masks(
        linear_detector, small_picture, attacked, [np.zeros((12, 12), bool), np.ones((12, 12), bool)]
    )
    margins = [linear_detector.verdict(one).margin for one in (small_picture, attacked)]
    assert ends[:, FAKE] - ends[:, REAL] == pytest.approx(margins, abs=1e-5)


@pytest.mark.slow
def test_rows_of_critical_pixels(linear_detector: Detector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(critical_regions, "SAMPLES", 4)
    linear_detector.model.get_parameter("linear.weight").data *= 3
    fake = fake_pictures(linear_detector, 2)
    found = value_record(critical_regions.of_faces(linear_detector, fake, seed=0))
    assert (found["n"], found["without_effect"]) == (2, 0)
    assert found["attack"] == "pgd"
    assert [(row["purpose"], row["share"]) for row in found["rows"]] == [
        (purpose, share) for purpose in ("attack generation", "attack detection") for share in critical_regions.SHARES
    ]
    for row in found["rows"]:
        for place in critical_regions.PLACES[1:]:
            gain = row["critical"]["fall"]["mean"] - row[place]["fall"]["mean"]
            assert row[f"than_{place}"]["mean"] == pytest.approx(gain, abs=1e-4)
    assert found["whole_attack"]["part"]["mean"] == 1


# The command, and cards


def measured(name: str, folder: Path | None = None) -> dict[str, Measurement]:
    return {one.kind: one for one in read_measurements(name, folder=folder) if one.label == MAPS}


def test_what_is_recorded_keeps_what_was_not_measured(tmp_path: Path) -> None:
    for path in (MODELS / f"{DEFAULT}.measured.json", MODELS / "meso4-df.measured.json"):
        shutil.copy(path, tmp_path)
    before = [one for one in read_measurements(DEFAULT, folder=tmp_path) if one.label != MAPS]
    map_evaluation.record(FOUND, command=lambda part: f"measure {part}", date="2026-11-25", folder=tmp_path)
    assert [one for one in read_measurements(DEFAULT, folder=tmp_path) if one.label != MAPS] == before
    about = {"label": MAPS, "data": "faces", "date": "2026-11-25", "weights": "ab"}
    assert measured(DEFAULT, tmp_path) == {
        kind: Measurement(kind, record={"seed": 3, **result}, command=f"measure {kind}", **about)
        for kind, result in (
            ("conservation", {"rules": {}}),
            ("worth", {"faces": 2, "maps": {"lrp": {}}}),
            ("critical", {"faces": 2, **value_record(CRITICAL)}),
        )
    }
    assert set(measured("meso4-df", tmp_path)) == {"conservation"}
    part = replace(FOUND, seed=4, of_detector=None)
    kept = measured(DEFAULT, tmp_path)["worth"]
    map_evaluation.record(part, folder=tmp_path)
    again = measured(DEFAULT, tmp_path)
    assert again["worth"] == kept
    assert again["conservation"].record["seed"] == 4


def test_what_random_weights_gave_replaces_nothing_real(tmp_path: Path) -> None:
    shutil.copy(MODELS / "meso4-df.measured.json", tmp_path)
    before = read_measurements("meso4-df", folder=tmp_path)
    found = replace(FOUND, of_detector=None, conservation={"meso4-df": CONSERVED["meso4-df"]})
    assert map_evaluation.record(found, folder=tmp_path) == ["meso4-df"]
    assert read_measurements("meso4-df", folder=tmp_path) == before
    found = replace(found, conservation={"meso4-df": CONSERVED[DEFAULT]})
    assert map_evaluation.record(found, folder=tmp_path) == []
    assert measured("meso4-df", tmp_path)["conservation"].weights == "ab"


@pytest.mark.parametrize("name", DETECTORS)
def test_of_every_detector_it_is_known_what_lrp_conserves(name: str) -> None:
    found = measured(name)["conservation"].result
    assert isinstance(found, MeasuredConservation)
    rules = found.rules
    assert set(rules) == set(CONVOLUTIONS)
    assert rules["epsilon-plus-flat"].near == 1, "the rule promises it"
    for kind, one in measured(name).items():
        assert one.command is not None
        assert one.command.startswith(f"python -m core evaluate maps --data {one.data} --parts {kind} ")
        assert "/" not in json.dumps(one.record), "no folder of a machine"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--parts", "all,of,it"), "parts are all, or some of conservation, worth, critical"),
        (("--parts", "worth", "--maps", "none"), "there is no map to measure"),
        (("--maps", "heat"), "heat"),
        (("--detectors", "nobody"), "nobody"),
        (("--detector", "nobody"), "nobody"),
        ((), "is not a folder"),
    ],
)
def test_refusals(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=words):
        CliRunner().invoke(app, ["evaluate", "maps", "--data", str(tmp_path / "x"), *arguments], catch_exceptions=False)


def test_no_face_is_refused(folder: Path, shipped: Detector, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.evaluation.maps.map_evaluation import measure

    monkeypatch.setattr(labelled_faces, "find_faces", lambda frame: [])
    with pytest.raises(InputError, match="no face could be judged"):
        measure(folder, None, parts=("conservation",))
    with pytest.raises(InputError, match="calls none of the forgeries fake"):
        measure(folder, shipped, parts=("critical",))


@pytest.mark.slow
@pytest.mark.usefixtures("_narrow")
def test_the_command_measures_all_parts_and_prints_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cards: list[Callable[[str], str]] = []
    measured: list[MapEvaluation] = []

    def recorded(found: MapEvaluation, *, command: Callable[[str], str], date: str) -> list[str]:
        cards.append(command)
        measured.append(found)
        return []

    monkeypatch.setattr(map_evaluation, "record", recorded)
    monkeypatch.setattr(critical_regions, "SAMPLES", 4)
    arguments = ["evaluate", "maps", "--data", str(folder), "--maps", "saliency", "--detectors", DEFAULT]
    result = CliRunner().invoke(app, [*arguments, "--limit", "1", "--record", "--json"], catch_exceptions=False)
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert set(PARTS) <= set(found)
    assert found["data"] == folder.name
    assert found["faces"] == 1
    assert set(found["worth"]) == {"saliency", map_quality.CHANCE}
    assert found["conservation"][DEFAULT]["weights"] == card_of(DEFAULT).sha256
    rules = found["conservation"][DEFAULT]["rules"]
    assert rules["epsilon-plus-flat"]["with_biases"]["median"] == pytest.approx(1, abs=0.05)
    (command,) = cards
    assert command("worth") == (
        f"python -m core evaluate maps --data {folder.name} --parts worth --maps saliency --detector {DEFAULT} "
        "--limit 1 --seed 0"
    )
    said = map_table.table(*measured)
    for words in ("within 5 %: 100% of 1 faces", "deletion AUC (lower is better)", "random map", "1% of the pixels"):
        assert words in said
