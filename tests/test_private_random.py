"""Two detectors in eight threads: what one visitor's method draws never reaches another's."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from attack_cases import EVADED, Tiny
from known_models import CARD
from narrowed import numpy_state

from core import attacks, explain
from core.attacks import ATTACKS
from core.detectors import Detector
from core.detectors.detector import prepare
from core.explain import EXPLAINERS
from core.types import Array

FEW = {"steps": 4, "samples": 4, "queries": 12, "restarts": 2, "population": 6, "iterations": 5, "segments": 6}
MORE: dict[str, dict[str, object]] = {"lime": {"samples": 24}}
THREADS, ROUNDS = 8, 6
Call = Callable[[Detector, int], bytes]


def few(known: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in FEW.items() if name in known}


@pytest.fixture(scope="module")
def face() -> Array:
    return np.random.default_rng(4).integers(0, 256, (24, 24, 3)).astype(np.uint8)


@pytest.fixture(scope="module")
def two() -> list[Detector]:
    return [prepare(f"tiny {seed}", Tiny(seed), CARD) for seed in (1, 2)]


def attack_call(name: str, face: Array) -> Call:
    def call(detector: Detector, seed: int) -> bytes:
        target = "real" if detector.verdict(face).label == "fake" else "fake"
        settings = few(ATTACKS[name].settings())
        found = attacks.run(name, detector, face, settings, target=target, seed=seed, detector_to_evade=EVADED)
        return found.png + np.asarray(found.trajectory).tobytes()

    return call


def map_call(name: str, settings: dict[str, object], face: Array) -> Call:
    def call(detector: Detector, seed: int) -> bytes:
        given = {**few(EXPLAINERS[name].settings()), **MORE.get(name, {}), **settings}
        return explain.run(name, detector, face, given, seed=seed, quality=False).map.tobytes()

    return call


def check(call: Call, two: list[Detector]) -> None:
    jobs = [(detector, seed) for seed in range(ROUNDS) for detector in two]
    before = torch.get_rng_state(), numpy_state(), random.getstate()
    alone = [call(*job) for job in jobs]
    with ThreadPoolExecutor(THREADS) as pool:
        together = list(pool.map(lambda job: call(*job), jobs))
    assert together == alone
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.array_equal(numpy_state(), before[1])
    assert random.getstate() == before[2]


@pytest.mark.parametrize("name", list(ATTACKS))
def test_an_attack_draws_from_nobody_else(name: str, face: Array, two: list[Detector]) -> None:
    check(attack_call(name, face), two)


@pytest.mark.parametrize("name", list(EXPLAINERS))
def test_a_map_draws_from_nobody_else(name: str, face: Array, two: list[Detector]) -> None:
    check(map_call(name, {}, face), two)


@pytest.mark.parametrize("explainer", ["partition", "kernel"])
def test_shap_of_superpixels_draws_from_nobody_else(explainer: str, face: Array, two: list[Detector]) -> None:
    check(map_call("shap", {"explainer": explainer, "samples": 40}, face), two)


@pytest.mark.parametrize("name", ["pgd", "square", "nes", "one-pixel", "robust", "apgd", "noise"])
def test_another_seed_is_another_attack(name: str, face: Array, two: list[Detector]) -> None:
    call = attack_call(name, face)
    assert call(two[0], 0) != call(two[0], 1)
