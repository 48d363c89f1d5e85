"""The course of the attack detector's verdict while an attack runs: asked in its turn, and nothing depends on it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from core import pipeline
from core.attack_detectors import load as load_attack_detector
from core.attacks import ATTACKS, AttackCallbacks, run
from core.attacks.engine.goal import Goal
from core.attacks.engine.trajectory import Trajectory
from core.detectors import Detector
from core.engine import jobs
from core.faces.detection import find_faces
from core.media.images import to_uint8
from core.output.records import detector_trajectory_record
from core.types import Array, AttackStep, Settings
from pages.parts.attack import live_html, live_view
from pages.parts.session import attack_progress

SETTINGS = {"steps": 9, "queries": 90, "samples": 10, "eps": 32 / 255}
STRONG = 48 / 255  # few queries, of which several turn the verdict


def settings(name: str) -> dict[str, object]:
    known = ATTACKS[name].settings()
    return {key: value for key, value in SETTINGS.items() if key in known}


def other(detector: Detector, crop: Array) -> str:
    return "real" if detector.verdict(crop).label == "fake" else "fake"


@pytest.mark.parametrize("name", ["fgsm", "pgd", "nes", "square", "one-pixel"])
def test_it_is_asked_in_its_turn_about_8_bits_within_the_budget(
    name: str, linear_detector: Detector, small_picture: Array
) -> None:
    seen: list[Array] = []

    def asked(crop: Array) -> float | None:
        seen.append(crop)
        return None if len(seen) == 2 else len(seen) / 1000

    target = other(linear_detector, small_picture)
    found = run(
        name,
        linear_detector,
        small_picture,
        settings(name),
        target=target,
        callbacks=AttackCallbacks(p_attacked=asked, every=3),
    )
    steps, said = zip(*found.detector_trajectory, strict=True)
    score = np.asarray(found.trajectory) if target == "fake" else 1 - np.asarray(found.trajectory)
    turned = np.flatnonzero(score > 0.5)[:1] + 1
    assert set(steps) == {*range(1, len(found.trajectory) + 1, 3), *turned}, "every third step, and where it turned"
    assert said == tuple(None if n == 2 else n / 1000 for n in range(1, len(seen) + 1))
    for crop in seen:
        assert crop.dtype == np.uint8
        change = np.abs(crop.astype(int) - small_picture)
        assert (change.max() <= 32) if name != "one-pixel" else ((change.max(2) > 0).sum() <= 1)
    assert [row["step"] for row in detector_trajectory_record(found)] == list(steps)


@pytest.mark.parametrize("name", ["pgd", "nes", "square", "deepfool", "apgd"])
def test_nothing_depends_on_it(name: str, linear_detector: Detector, small_picture: Array) -> None:
    target = other(linear_detector, small_picture)

    def asked(crop: Array) -> float:
        np.random.seed(1)
        torch.rand(3)
        return float(run("noise", linear_detector, crop, {"eps": 4 / 255}, target=target).after.p_fake)

    callbacks = AttackCallbacks(p_attacked=asked)
    with_it = run(name, linear_detector, small_picture, settings(name), target=target, callbacks=callbacks)
    without = run(name, linear_detector, small_picture, settings(name), target=target)
    assert len(with_it.detector_trajectory) == len(with_it.trajectory)
    assert without.detector_trajectory == ()
    assert (with_it.id, with_it.trajectory, with_it.queries) == (without.id, without.trajectory, without.queries)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pgd", "square"])
def test_the_last_word_is_the_one_that_is_said_of_the_saved_picture(
    name: str, shipped: Detector, forged: Array
) -> None:
    crop, attack_detector = find_faces(forged)[0].crop, load_attack_detector()
    score = pipeline.attack_score(shipped, attack_detector)
    callbacks = AttackCallbacks(p_attacked=score, stop_confidence=0.6)
    quick: dict[str, Settings] = {"pgd": {"steps": 10}, "square": {"queries": 800, "eps": STRONG}}
    found = pipeline.attack(shipped, crop, name, quick[name], callbacks=callbacks)
    assert found.success
    first, last = found.detector_trajectory[0], found.detector_trajectory[-1]
    assert first == (1, None) or found.trajectory[0] < 0.5, "called fake: not asked"
    asked, _ = pipeline.was_attacked(shipped, attack_detector, pipeline.attacked_crop(found), found.after)
    assert asked is not None
    assert last[0] == len(found.trajectory)
    assert last[1] == pytest.approx(asked.p_attacked, abs=1e-5)
    assert score(to_uint8(crop)) is None


def test_both_courses_reach_the_page_as_they_grow() -> None:
    job, words = jobs.Job("attack", "PGD"), iter([None, 0.25])
    watch = attack_progress.live_callbacks(job, "PGD", stop_at=0.7, score=lambda _: next(words), steps=100, asks="some")
    assert (watch.every, watch.stop_confidence) == (5, 0.7)
    goal = Goal(torch.zeros(1, 3, 4, 4), torch.tensor([0]), "Linf", 0.1)
    course = Trajectory(goal, replace(watch, every=2))
    for step in (1, 2, 3):
        watch.progress.emit(now := AttackStep(step, step, 0.5))
        course.record(now, goal.clean, first_success=False)
        course.judge_snapshots()
    assert course.p_attacked == [(1, None), (3, 0.25)]
    assert [(one.step, one.p_attacked) for one in job.trail] == [(1, None), (2, None), (3, None), (3, 0.25)]
    assert job.text == "PGD, step 3, score of “manipulated” 0.500, of “attacked” 0.250, query"
    assert live_view._step_rows(job.trail)[-1] == {"step": 3, "query": 3, "score": 0.25, "of": live_html.ATTACKED}
    assert attack_progress.live_callbacks(job, "PGD", stop_at=None, score=None, steps=9, asks="none").p_attacked is None
    assert attack_progress.live_callbacks(job, "PGD", stop_at=None, score=None, steps=900, asks="each").every == 1
