"""Sweeps over epsilon, the warnings of a masked gradient, and the attacks as the pipeline hands them what they need."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core import pipeline
from core.attacks import run, sweep
from core.attacks.masking import black_beats_white, larger_is_weaker, loss_stands_still, warnings
from core.attacks.sweep import ARIF
from core.detectors import Detector
from core.statistics import wilson
from core.types import Array, InputError


@pytest.fixture
def faces(linear_detector: Detector) -> list[Array]:
    """Pictures (12, 12, 3) uint8, some of them called fake."""
    rng = np.random.default_rng(5)
    found = [rng.integers(0, 256, (12, 12, 3)).astype(np.uint8) for _ in range(200)]
    fake = [picture for picture in found if linear_detector.verdict(picture).label == "fake"]
    return [*fake[:15], *found[:5]]


def test_a_sweep_counts_what_turns(linear_detector: Detector, faces: list[Array]) -> None:
    told: list[tuple[int, int]] = []
    epsilons = (0.0, 1 / 255, 4 / 255, 16 / 255)
    found = sweep(
        linear_detector, faces, ["fgsm", "pgd"], epsilons, settings={"pgd": {"steps": 10}},
        progress=lambda n, of: told.append((n, of)),
    )  # fmt: skip
    assert told == [(n, 8) for n in range(1, 9)]
    assert not found.stopped
    assert found.warnings == ()
    for name in ("fgsm", "pgd"):
        points = [point for point in found.points if point.attack == name]
        assert [point.eps for point in points] == list(epsilons)
        turned = [point.turned for point in points]
        assert turned[0] == 0, "nothing turns at epsilon 0"
        assert turned == sorted(turned)
        assert points[-1].success == 1
        assert points[-1].robust == 0
        assert points[1].success_interval == wilson(points[1].turned, points[1].called)
        assert points[0].robust == points[0].called / len(faces)
        assert points[0].robust_interval == wilson(points[0].called, len(faces))


def test_a_point_of_a_sweep_is_what_the_door_finds(linear_detector: Detector, faces: list[Array]) -> None:
    (point,) = sweep(linear_detector, faces, ["bim"], [2 / 255], stop_at=None).points
    results = [run("bim", linear_detector, face, {"eps": 2 / 255}) for face in faces]
    assert point.turned == sum(result.success for result in results if result.before.label == "fake")


def test_a_stopped_sweep_keeps_whole_points(linear_detector: Detector, faces: list[Array]) -> None:
    told: list[int] = []
    found = sweep(
        linear_detector, faces, ["fgsm"], ARIF, progress=lambda n, _: told.append(n), should_stop=lambda: len(told) >= 2
    )
    assert found.stopped
    assert [point.eps for point in found.points] == list(ARIF[:2])


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
    assert "Square, a black-box attack, fooled 18 of 20" in str(
        black_beats_white({"pgd": (3, 20), "square": (18, 20), "cw": (20, 20)})
    )
    assert black_beats_white({"pgd": (15, 20), "square": (18, 20)}) is None, "within chance"
    assert black_beats_white({"cw": (1, 20), "square": (20, 20)}) is None, "another norm"
    assert "PGD fooled 18 of 20 faces at 4/255 and only 5 of 20 at 8/255" in str(
        larger_is_weaker("pgd", [(8 / 255, 5, 20), (4 / 255, 18, 20)])
    )
    assert larger_is_weaker("pgd", [(4 / 255, 5, 20), (8 / 255, 18, 20)]) is None
    results = [run("pgd", linear_detector, face, {"eps": 4 / 255, "steps": 5}, seed=2) for face in faces]
    assert warnings(results) == ()
    still = replace(results[0], course=(0.9, 0.9, 0.9))
    assert "the score did not move in 3 steps" in str(loss_stands_still(still))
    assert warnings([still]) == (loss_stands_still(still),)
    assert loss_stands_still(replace(still, attack="square")) is None


@pytest.mark.slow
def test_the_pipeline_hands_the_attack_detector_over(shipped: Detector, crop: Array) -> None:
    watcher = pipeline.load_attack_detector()
    result = pipeline.attack(shipped, crop, "adaptive-detector", {"steps": 6}, watcher=watcher)
    assert result.queries == 12
    with pytest.raises(InputError, match="there is no attack detector to fool"):
        pipeline.attack(replace(shipped, name="meso4"), crop, "adaptive-detector")
