"""Somebody who watches an attack sees its pictures and changes nothing."""

from __future__ import annotations

import numpy as np
import pytest

from core import pipeline
from core.attacks import AttackCallbacks
from core.attacks.engine import attack_viewer
from core.detectors import Detector
from core.types import Array, AttackView


@pytest.mark.parametrize(("method", "gradient"), [("pgd", True), ("square", False)])
def test_views_are_within_the_budget_and_leave_the_result_as_it_is(
    method: str, gradient: bool, linear_detector: Detector, small_picture: Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attack_viewer, "VIEW_SECONDS", 0.0)
    seen: list[AttackView] = []
    settings = {"eps": 4 / 255, "steps" if method == "pgd" else "queries": 5}
    watched = pipeline.attack(
        linear_detector, small_picture, method, settings, callbacks=AttackCallbacks(on_view=seen.append)
    )
    alone = pipeline.attack(linear_detector, small_picture, method, settings)
    assert watched.png == alone.png
    assert len(seen) == watched.queries
    for view in seen:
        assert np.abs(view.image.astype(int) - small_picture.astype(int)).max() <= 4
        assert (view.gradient is not None) == gradient
        assert view.gradient is None or (view.gradient.shape == small_picture.shape[:2] and view.gradient.max() > 0)


def test_no_view_comes_before_its_time(
    linear_detector: Detector, small_picture: Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attack_viewer, "VIEW_SECONDS", 1e9)
    seen: list[AttackView] = []
    pipeline.attack(linear_detector, small_picture, "pgd", {"steps": 5}, callbacks=AttackCallbacks(on_view=seen.append))
    assert [view.step for view in seen] == [1]
