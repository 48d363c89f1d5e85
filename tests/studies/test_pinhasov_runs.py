"""Pinhasov's study over several runs of few minutes, and the untouched faces that it compares with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from made_attacked import made_detector, made_forgeries, read_made
from made_study import WHOLE, make_small, measured

from core import pipeline
from core.studies import attack_examples, detect_study, detect_training
from core.studies.base import StudyContext
from core.studies.detect_study import DetectSettings, prepare_study
from core.types import InputError


@pytest.fixture(scope="module", autouse=True)
def small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        make_small(patch)
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_forgeries(tmp_path_factory.mktemp("made"))


def test_runs_of_few_minutes_add_up(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = measured("table 3", data, tmp_path / "at once")
    work: list[str] = []
    attack, minibatch = pipeline.attack, detect_training._minibatch

    def attacked(*given: Any, **named: Any) -> Any:
        work.append("attack")
        return attack(*given, **named)

    def stepped(count: int, number: int, seed: int) -> torch.Tensor:
        work.append("step")
        return minibatch(count, number, seed)

    monkeypatch.setattr("core.pipeline.attack", attacked)
    monkeypatch.setattr(detect_training, "_minibatch", stepped)
    runs, begun = 0, 0
    monkeypatch.setattr(StudyContext, "out_of_time", lambda _: len(work) - begun >= 2)
    while True:
        begun, runs = len(work), runs + 1
        found = measured("table 3", data, tmp_path / "runs", minutes=9)
        if not any("Not trained" in note for note in found.notes):
            break
        assert len(work) > begun, "every run goes on"
    assert runs > 4
    assert (work.count("step"), work.count("attack")) == (4 * 12, 2 * (4 + 2 * 5)), "nothing is computed twice"
    assert len(list((tmp_path / "runs").rglob("full-*.json"))) == 4
    assert found.rows == at_once.rows


def test_an_untouched_face_is_of_the_next_real_medium_with_one(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = prepare_study(StudyContext(data, tmp_path), DetectSettings(**{**WHOLE, "test": 2}))
    lane = study.lane(study.detectors[0], "train", detect_study.paper_attacks()[1:2], ())
    real = lane.media.real

    def faces(medium: tuple[Path, ...], frames: int) -> list[np.ndarray]:
        if medium not in real:
            return read_made(medium, 1) * 3
        return [] if medium == real[0] else read_made(medium, 1) * 2

    monkeypatch.setattr(attack_examples, "crops_of_medium", faces)
    (found,) = study.collect([lane])
    second = found.blocks("clean")[1].crops
    wanted = [read_made(real[place], 1)[0] for place in (1, 1, 2)]
    assert [np.array_equal(one, own) for one, own in zip(second, wanted, strict=True)] == [True] * 3
    monkeypatch.setattr(
        attack_examples,
        "crops_of_medium",
        lambda medium, _: [] if medium in real[1:] else read_made(medium, 1) * (1 if medium in real else 3),
    )
    (short,) = study.collect([study.lane(made_detector("seven"), "train", lane.attacks, ())])
    assert [len(block.crops) for block in short.blocks("clean")] == [3, 1, 3, 1]
    assert short.faces == sum(len(block.crops) for block in short.blocks("fgsm")) == 12
    monkeypatch.setattr(
        attack_examples, "crops_of_medium", lambda medium, _: [] if medium in real else read_made(medium, 1)
    )
    with pytest.raises(InputError, match=r"no face is found in 10 real media"):
        study.collect([study.lane(made_detector("eleven"), "train", lane.attacks, ())])
