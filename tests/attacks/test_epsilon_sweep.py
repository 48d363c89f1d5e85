"""Sweeps over epsilon, the warnings of a masked gradient, and the attacks as the pipeline hands them what they need."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from recorded_progress import RecordedProgress, after_steps
from torch import nn

from core import pipeline
from core.attacks import ATTACKS, run, sweep
from core.attacks.analysis.epsilon_sweep import ARIF, can_be_swept, limited, parse_epsilons, record
from core.attacks.analysis.gradient_masking import can_be_checked, fewest, gradient_check
from core.attacks.analysis.masking_signs import black_beats_white, larger_is_weaker, loss_stands_still
from core.detectors import Detector
from core.metrics.intervals import wilson
from core.output.value_records import value_record
from core.types import Array, InputError


@pytest.fixture
def faces(linear_detector: Detector) -> list[Array]:
    """Images (12, 12, 3) uint8, some of them called fake."""
    rng = np.random.default_rng(5)
    found = [rng.integers(0, 256, (12, 12, 3)).astype(np.uint8) for _ in range(200)]
    fake = [image for image in found if linear_detector.verdict(image).label == "fake"]
    return [*fake[:15], *found[:5]]


def test_a_sweep_counts_what_turns(linear_detector: Detector, faces: list[Array]) -> None:
    progress = RecordedProgress()
    epsilons = (0.0, 1 / 255, 4 / 255, 16 / 255)
    found = sweep(
        linear_detector,
        faces,
        ["fgsm", "pgd"],
        epsilons,
        settings={"pgd": {"steps": 10}},
        progress=progress,
    )
    told, points = progress.steps, progress.emitted
    called = found.points[0].predicted_fake
    assert [n for n, _ in told] == sorted({n for n, _ in told})
    assert {of for _, of in told} == {told[-1][0]} == {8 * called}
    assert tuple(points) == found.points
    assert not found.stopped
    assert found.warnings == ()
    for name in ("fgsm", "pgd"):
        points = [point for point in found.points if point.attack == name]
        assert [point.eps for point in points] == list(epsilons)
        turned = [point.flipped for point in points]
        assert turned[0] == 0, "nothing turns at epsilon 0"
        assert turned == sorted(turned)
        assert points[-1].success == 1
        assert points[-1].robust == 0
        assert points[1].success_interval == wilson(points[1].flipped, points[1].predicted_fake)
        assert points[0].robust == points[0].predicted_fake / len(faces)
        assert points[0].robust_interval == wilson(points[0].predicted_fake, len(faces))


def test_a_point_of_a_sweep_is_what_the_door_finds(linear_detector: Detector, faces: list[Array]) -> None:
    (point,) = sweep(linear_detector, faces, ["bim"], [2 / 255], stop_confidence=None).points
    results = [run("bim", linear_detector, face, {"eps": 2 / 255}) for face in faces]
    assert point.flipped == sum(result.success for result in results if result.before.label == "fake")


def test_a_stopped_sweep_keeps_whole_points(linear_detector: Detector, faces: list[Array]) -> None:
    progress = RecordedProgress(lambda at: len(at.emitted) >= 2)
    found = sweep(linear_detector, faces, ["fgsm"], ARIF, progress=progress)
    assert found.stopped
    assert [point.eps for point in found.points] == list(ARIF[:2])
    assert found.points == tuple(progress.emitted)


def test_a_record_of_a_sweep_holds_every_point_with_its_intervals(
    linear_detector: Detector, faces: list[Array]
) -> None:
    found = sweep(linear_detector, faces, ["fgsm", "noise"], (0.0, 8 / 255))
    rows = [value_record(row) for row in record(found)]
    assert [(row["attack"], row["eps_255"]) for row in rows] == [(n, e) for n in ("fgsm", "noise") for e in (0, 8)]
    for row, point in zip(rows, found.points, strict=True):
        assert (row["turned"], row["called_fake"], row["faces"]) == (point.flipped, point.predicted_fake, point.faces)
        low, share, high = (float(row[key] or 0) for key in ("success_low", "success", "success_high"))
        assert low <= share <= high
        low, share, high = (float(row[key] or 0) for key in ("robust_low", "robust", "robust_high"))
        assert low <= share <= high
    json.dumps(rows, allow_nan=False)


def test_epsilons_are_read_as_they_are_written() -> None:
    assert parse_epsilons(" 16, 0,4 ,4,") == (0, 4 / 255, 16 / 255)
    for bad in ("", "two", "1; 2", "-1", "65", "nan", "inf"):
        with pytest.raises(InputError, match=r"epsilons are numbers from 0 to 64, in 1/255"):
            parse_epsilons(bad)


def test_what_can_be_swept_is_what_the_sweep_takes(linear_detector: Detector, faces: list[Array]) -> None:
    for name in ATTACKS:
        if not can_be_swept(name):
            with pytest.raises(InputError, match=f"{name} is none"):
                sweep(linear_detector, faces, [name], [0.1])
    assert {"fgsm", "pgd", "square", "noise"} <= {name for name in ATTACKS if can_be_swept(name)}


def test_settings_are_limited_but_never_raised() -> None:
    given = limited(list(ATTACKS), steps=7, queries=50)
    assert given["pgd"] == {"steps": 7}
    assert given["square"] == {"queries": 50}
    assert given["fgsm"] == {}
    own = ATTACKS["pgd"].settings()["steps"]
    assert limited(["pgd"], steps=10_000, queries=1) == {"pgd": {"steps": own}}
    for name, values in given.items():
        ATTACKS[name].settings(values)


@pytest.mark.parametrize(
    ("attacks", "epsilons", "words"),
    [
        ([], [0.1], "at least one face, one attack and one epsilon"),
        (["cw"], [0.1], "cw is none"),
        (["one-pixel"], [0.1], "one-pixel is none"),
        (["adaptive-detector"], [0.1], "adaptive-detector is none"),
        (["pgd"], [0.5], "eps has to lie between 0 and 64 /255"),
        (["pdg"], [0.1], "there is no attack 'pdg'"),
    ],
)
def test_refuses_what_cannot_be_swept(
    attacks: list[str], epsilons: list[float], words: str, linear_detector: Detector, faces: list[Array]
) -> None:
    with pytest.raises(InputError, match=words):
        sweep(linear_detector, faces, attacks, epsilons)


def test_warnings_of_a_masked_gradient(linear_detector: Detector, faces: list[Array]) -> None:
    assert "Square, a black-box attack, flipped 18 of 20" in str(
        black_beats_white({"pgd": (3, 20), "square": (18, 20), "cw": (20, 20)})
    )
    assert black_beats_white({"pgd": (15, 20), "square": (18, 20)}) is None, "within chance"
    assert black_beats_white({"cw": (1, 20), "square": (20, 20)}) is None, "another norm"
    assert "PGD flipped 18 of 20 faces at 4/255 and only 5 of 20 at 8/255" in str(
        larger_is_weaker("pgd", [(8 / 255, 5, 20), (4 / 255, 18, 20)])
    )
    assert larger_is_weaker("pgd", [(4 / 255, 5, 20), (8 / 255, 18, 20)]) is None
    results = [run("pgd", linear_detector, face, {"eps": 4 / 255, "steps": 5}, seed=2) for face in faces]
    assert not any(map(loss_stands_still, results))
    still = replace(results[0], trajectory=(0.9, 0.9, 0.9))
    assert "the score did not move in 3 steps" in str(loss_stands_still(still))
    assert loss_stands_still(replace(still, attack="square")) is None


def test_a_check_of_an_honest_gradient_finds_no_sign(linear_detector: Detector, faces: list[Array]) -> None:
    progress = RecordedProgress()
    found = gradient_check(
        linear_detector,
        faces,
        "pgd",
        {"eps": 4 / 255, "steps": 5},
        queries=30,
        progress=progress,
    )
    called = sum(linear_detector.verdict(face).label == "fake" for face in faces)
    assert found.faces == called
    assert progress.steps == [(n, 5 * called) for n in range(1, 5 * called + 1)]
    assert [finding.sign for finding in found.findings] == [
        "Loss does not move",
        "Larger epsilon is weaker",
        "Black box beats white box",
    ]
    assert not any(finding.warned for finding in found.findings)
    assert f"{called} of {called} at 8/255" in found.findings[1].sentence


class Hidden(nn.Module):
    """A detector whose gradient is zero everywhere, while its scores still tell."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.model(x.detach()) + (0 * x).sum((1, 2, 3))[:, None]


def test_a_check_of_a_hidden_gradient_finds_the_signs(linear_detector: Detector, faces: list[Array]) -> None:
    hidden = replace(linear_detector, model=Hidden(linear_detector.model))
    found = gradient_check(hidden, faces, "bim", {"eps": 16 / 255, "steps": 4}, queries=100)
    signs = {finding.sign: finding for finding in found.findings}
    assert signs["Loss does not move"].warned
    assert "it did not move at all" in signs["Loss does not move"].sentence
    assert signs["Black box beats white box"].warned
    assert "BIM, which sees the gradient, flipped 0 of" in signs["Black box beats white box"].sentence


def test_a_check_says_what_so_few_faces_cannot_show(linear_detector: Detector, faces: list[Array]) -> None:
    found = gradient_check(linear_detector, faces[:1], "fgsm", {"eps": 4 / 255}, queries=30)
    assert found.faces == 1 < fewest()
    assert [finding.possible for finding in found.findings] == [False, False, False]
    assert "asks once only" in found.findings[0].sentence


def test_a_stopped_check_counts_whole_attacks_only(linear_detector: Detector, faces: list[Array]) -> None:
    found = gradient_check(
        linear_detector,
        faces[:4],
        "pgd",
        {"eps": 4 / 255, "steps": 3},
        progress=RecordedProgress(after_steps(6)),
    )
    assert found.stopped
    assert [finding.sign for finding in found.findings] == ["Loss does not move"]


@pytest.mark.parametrize(
    ("attack", "settings", "words"),
    [
        ("square", {}, "square is none"),
        ("autoattack2", {}, "autoattack2 is none"),
        ("pgd", {"eps": 0.0}, "an epsilon above 0"),
        ("pgd", {}, "larger output for no face"),
    ],
)
def test_refuses_what_cannot_be_checked(
    attack: str, settings: dict[str, float], words: str, linear_detector: Detector, faces: list[Array]
) -> None:
    real = [face for face in faces if linear_detector.verdict(face).label == "real"]
    with pytest.raises(InputError, match=words):
        gradient_check(linear_detector, real, attack, settings)


def test_only_attacks_that_see_a_gradient_can_be_checked_with() -> None:
    able = {name for name in ATTACKS if can_be_checked(name)}
    assert {"fgsm", "bim", "pgd", "apgd"} <= able
    assert not {"square", "nes", "noise", "cw", "one-pixel", "autoattack2", "adaptive-detector"} & able


@pytest.mark.slow
def test_the_pipeline_hands_the_attack_detector_over(shipped: Detector, crop: Array) -> None:
    attack_detector = pipeline.load_attack_detector()
    result = pipeline.attack(shipped, crop, "adaptive-detector", {"steps": 2}, attack_detector=attack_detector)
    assert result.queries == 4
    with pytest.raises(InputError, match="there is no attack detector to evade"):
        pipeline.attack(replace(shipped, name="meso4"), crop, "adaptive-detector")
