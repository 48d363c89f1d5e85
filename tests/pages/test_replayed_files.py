"""What pages showed of several faces of a file is computed again from the bundle, and compared."""

from __future__ import annotations

import inspect
from pathlib import Path

import page_runs
import pytest
from replayed_cases import changed, check_repeated, held, replayed

from core.attacks.analysis.gradient_masking import gradient_check
from core.detectors import DEFAULT
from pages.parts.attack.attack_settings import AttackSettings, SweepSettings
from pages.parts.detectors.detectors_settings import DetectorsSettings
from pages.parts.session.session import Session


@pytest.mark.slow
def test_signs_of_a_masked_gradient_are_sought_again(
    desk: Session, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(inspect.unwrap(gradient_check).__kwdefaults__, "queries", 20)
    choice = desk.page_state(AttackSettings)
    choice.method, choice.values = "bim", {"eps": 4 / 255, "steps": 2}
    test = page_runs.page("attack", desk)
    page_runs.run(test)
    page_runs.click(test, "Check for a masked gradient")
    record = held(desk, "gradient-check")
    check_repeated(record, file, tmp_path, at="results/faces")
    lie = changed(record, "results/findings/0/sentence", "The score moved by 0.9.")
    (found,) = replayed(tmp_path / "sentence", file, lie).differences
    assert found.where == "results/E1/gradient-check-1.json: results/findings/0/sentence"


@pytest.mark.slow
def test_a_sweep_is_repeated(desk: Session, file: Path, tmp_path: Path) -> None:
    desk.page_state(AttackSettings).tab = "Sweep over epsilon"
    choice = desk.page_state(SweepSettings)
    choice.attacks, choice.epsilons, choice.steps = ("fgsm", "noise"), "0, 4", 2
    test = page_runs.page("attack", desk)
    page_runs.run(test)
    page_runs.click(test, "Run sweep")
    record = held(desk, "sweep")
    left = (".json: settings/asked/steps", ".json: settings/asked/queries", ".json: settings/asked/max_faces")
    check_repeated(record, file, tmp_path, at="results/points/1/turned", left=left)


@pytest.mark.slow
def test_detectors_are_compared_again(desk: Session, file: Path, tmp_path: Path) -> None:
    desk.page_state(DetectorsSettings).tab = "Compare"
    desk.page_state(DetectorsSettings).together = (DEFAULT, "resnet-blend")
    test = page_runs.page("detectors", desk)
    page_runs.run(test)
    page_runs.click(test, "Compare")
    record = held(desk, "detectors")
    check_repeated(record, file, tmp_path, at="results/faces/0/verdicts/1/p_fake")
    lie = changed(record, "results/rules/DD2/why", "all say so")
    assert replayed(tmp_path / "rule", file, lie).differences
