"""Media that a calibration was made of are judged by one made without their people."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.detectors import Detector
from core.detectors.calibration.fit import calibrate
from core.evaluation import detector_evaluation
from core.evaluation.left_out_calibration import left_out_judges
from core.media.datasets import Item
from core.types import InputError
from core.types.calibration import Calibration, CalibrationFaces

MEDIA = [Path(name) for name in ("real/183.mp4", "fake/183_253.mp4", "real/469.mp4", "real/never.mp4")]


@pytest.fixture
def calibrated(random_detector: Detector) -> Detector:
    """Forty sources; those of one pair have scores that say the opposite of the others."""
    groups = np.repeat([*map(str, range(500, 540)), "183", "253", "469"], 4)
    labels = np.tile([0, 1, 0, 1], len(groups) // 4)
    margins = np.random.default_rng(0).normal(2.0 * labels - 1, 0.5)
    margins[np.isin(groups, ["183", "253"])] *= -4
    found = calibrate(margins, labels, groups, method="isotonic", risk=0.05)
    rows = CalibrationFaces(
        tuple(map(str, range(len(groups)))),
        tuple(margins.tolist()),
        tuple(labels.tolist()),
        tuple(groups.tolist()),
        (0.2,) * len(groups),
    )
    return replace(random_detector, calibration=replace(found, rows=rows))


def calibration_of(judge: Detector) -> Calibration:
    assert judge.calibration is not None
    return judge.calibration


def test_people_of_one_medium_are_left_out_together(calibrated: Detector) -> None:
    judges = left_out_judges(calibrated, MEDIA)
    assert set(judges) == {"183", "253", "469"}, "what calibrated nothing keeps the calibration"
    known, pair, one = (calibration_of(judge) for judge in (calibrated, judges["183"], judges["469"]))
    assert calibration_of(judges["253"]) is pair
    assert [found.sources for found in (known, pair, one)] == [43, 41, 42]
    assert (pair.map.method, pair.bands.risk) == ("isotonic", 0.05)
    assert pair.ece < known.ece, "without the pair that says the opposite"


def test_a_judge_keeps_its_own_calibration(calibrated: Detector) -> None:
    judges = left_out_judges(calibrated, MEDIA)
    judge_of = detector_evaluation._judge_of(calibrated, judges)
    item = Item("real/183.mp4", ())
    assert judge_of(item).calibration is calibration_of(judges["183"])
    bare = {"183": replace(calibrated, calibration=None)}
    assert calibration_of(detector_evaluation._judge_of(calibrated, bare)(item)).map == calibration_of(calibrated).map


def test_without_a_calibration_nothing_is_left_out(random_detector: Detector) -> None:
    with pytest.raises(InputError, match="has no calibration with its faces"):
        left_out_judges(replace(random_detector, calibration=None), MEDIA)


def test_all_of_a_person_is_left_out(calibrated: Detector) -> None:
    people = {"469": "7", "500": "7", "never": "8", "501": "8"}
    judges = left_out_judges(calibrated, [Path("real/469.jpg"), Path("real/never.jpg")], people)
    assert set(judges) == {"469", "500", "never", "501"}
    assert [calibration_of(judges[name]).sources for name in ("469", "never")] == [41, 42]


def test_media_that_calibrated_nothing_are_refused(calibrated: Detector) -> None:
    with pytest.raises(InputError, match="none of these media took part in the calibration"):
        left_out_judges(calibrated, [Path("real/never.mp4")])
