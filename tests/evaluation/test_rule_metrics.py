"""Files' verdicts in words, counted by kind: known beforehand from the bands that are given."""

from __future__ import annotations

import numpy as np
import pytest

from core.detectors.calibration.fit import BANDS
from core.detectors.detector import INCONCLUSIVE, UNCALIBRATED
from core.evaluation.medium_scores import MediumScores
from core.evaluation.rule_metrics import inconclusive_frames, rule_metrics
from core.media.datasets import Item
from core.output.value_records import value_record

REAL, MIDDLE, FAKE = BANDS
RULE_KEYS = ("auc_by_kind", "called_fake", "inconclusive", "wrong_and_sure")


def video(kind: str, band: str, margin: float, *, inconclusive: int = 0, is_video: bool = True) -> MediumScores:
    margins = np.full(4, margin)
    return MediumScores(Item("a", ()), kind, margins, margins, band=band, inconclusive=inconclusive, is_video=is_video)


def test_shares_of_each_word_by_kind() -> None:
    judged = {
        "real": [video("real", REAL, -2), video("real", FAKE, 1), video("real", MIDDLE, 0), video("real", REAL, -1)],
        "swap": [video("swap", FAKE, 3), video("swap", REAL, -3)],
        "blend": [video("blend", MIDDLE, 0.5)],
        "none": [],
    }
    found = value_record(rule_metrics(judged))
    assert found["called_fake"] == {"real": 0.25, "swap": 0.5, "blend": 0.0}
    assert found["inconclusive"] == {"real": 0.25, "swap": 0.0, "blend": 1.0}
    assert found["wrong_and_sure"] == {"real": 0.25, "swap": 0.5, "blend": 0.0}
    assert found["auc_by_kind"] == {"swap": 0.5, "blend": 0.75}
    assert found["n"] == {"real": 4, "swap": 2, "blend": 1}
    low, high = found["rule_intervals"]["wrong_and_sure"]["real"]
    assert low < 0.25 < high


def test_words_of_a_detector_that_is_not_calibrated() -> None:
    found = value_record(
        rule_metrics({"real": [video("real", UNCALIBRATED[1], 1)], "fake": [video("fake", UNCALIBRATED[0], -1)]})
    )
    assert found["wrong_and_sure"] == {"real": 1.0, "fake": 1.0}
    assert found["called_fake"] == {"real": 1.0, "fake": 0.0}


def test_pictures_are_no_videos() -> None:
    pictures = {"real": [video("real", FAKE, 1, is_video=False)], "fake": [video("fake", FAKE, 1, is_video=False)]}
    found = value_record(rule_metrics(pictures))
    assert all(found[key] is None for key in RULE_KEYS)
    assert found["n"] == {}
    mixed = value_record(rule_metrics({"real": [*pictures["real"], video("real", REAL, -1)], "fake": pictures["fake"]}))
    assert mixed["n"] == {"real": 1}
    assert mixed["auc_by_kind"] == {}


def test_frames_that_are_inconclusive() -> None:
    judged = {"real": [video("real", REAL, -1, inconclusive=1), video("real", INCONCLUSIVE, 0, inconclusive=4)]}
    assert inconclusive_frames(judged) == {"real": pytest.approx(5 / 8)}
