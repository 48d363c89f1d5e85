"""The sentence about what a detector is good for: counted from files' verdicts, and only where there are enough."""

from __future__ import annotations

from typing import Any

from made_measurements import SHARES

from core.reports.measured_reach import reach, synthetic_reach
from core.types.measurement import Measurement


def measured(label: str, n: dict[str, int], wrong: dict[str, float], open_: dict[str, float]) -> Measurement:
    aucs: dict[str, float | None] = {kind: 0.9 - 0.1 * i for i, kind in enumerate(n) if kind != "real"}
    video: dict[str, Any] = {
        "wrong_and_sure": wrong,
        "inconclusive": open_,
        "n": {**n, "fake": 99},
        "auc_by_kind": aucs,
    }
    return Measurement("detector", label, {"auc": {}, "video": video})


N = {"real": 10, "swap": 8, "mouth": 4}
BIG = measured("some videos", N, {"real": 0.1, "swap": 0.25, "mouth": 0.5}, {"real": 0.3, "swap": 0.0, "mouth": 0.25})


def test_it_counts_what_was_wrong_and_names_the_worst() -> None:
    few = measured("two videos", {"real": 1, "swap": 1}, {"real": 0, "swap": 0}, {"real": 0, "swap": 0})
    pictures = Measurement("detector", "pictures", {"video": {"wrong_and_sure": None, "n": {"real": 500, "fake": 500}}})
    assert reach([few, pictures, BIG]) == (
        "Measured on videos (some videos): of 10 originals it called 1 manipulated, of 12 manipulated ones 4 not "
        "manipulated; 4 stayed inconclusive. It tells mouth apart worst (AUC 0.70)."
    )


def test_there_is_no_sentence_without_enough_videos() -> None:
    few = measured("two videos", {"real": 1, "swap": 1}, {"real": 0, "swap": 0}, {"real": 0, "swap": 0})
    assert reach([few]) is None
    assert reach([]) is None
    assert reach([Measurement("attack", "some", {"attacked": 3, "called_real": 3})]) is None


def test_what_is_called_synthetic_is_counted_at_its_worst() -> None:
    shares = {
        "real": {"none": {**SHARES, "n": 50, "synthetic": 0.02}, "jpeg75": {**SHARES, "n": 50, "synthetic": 0.04}},
        "made": {"none": {**SHARES, "n": 40, "synthetic": 0.5}, "jpeg75": {**SHARES, "n": 40, "synthetic": 0.25}},
    }
    found = Measurement("synthetic-faces", "some faces", {"shares": shares, "auc": {"made": {}}, "no_verdict": {}})
    assert synthetic_reach([BIG, found]) == (
        "Called synthetic when measured: real 2 of 50 (some faces); made 10 of 40 (some faces)."
    )
    assert synthetic_reach([BIG]) == ""
