"""The README's tables: what the command writes, from measurements, and nothing else of the README."""

from __future__ import annotations

import pytest
from made_measurements import CONDITION

from core.detectors import DEFAULT
from core.reports.readme_tables import (
    BEGIN,
    END,
    answer_rows,
    detector_rows,
    loss_rows,
    synthetic_rows,
    with_measured_part,
)
from core.storage.measured_files import read_measurements
from core.storage.paths import README
from core.types import InputError
from core.types.measured_results import MeasuredBench, MeasuredCorruptions, MeasuredDetector
from core.types.measurement import Measurement
from core.types.shortcut_metrics import ShortcutEvaluation


def test_the_readme_has_what_was_measured() -> None:
    whole = README.read_text("utf-8")
    assert with_measured_part(whole) == whole, "write it again with: python -m core models --write"


def test_only_what_stands_between_the_marks_is_written() -> None:
    found = with_measured_part(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    assert found.startswith(f"before\n{BEGIN}\n\n| the detector, measured on |")
    assert found.endswith(f"|\n\n{END}\nafter\n")
    assert "old" not in found
    for broken in ("", BEGIN, f"{END}{BEGIN}"):
        with pytest.raises(InputError, match="the README has no lines"):
            with_measured_part(broken)


def _detector(**given: object) -> Measurement:
    verdicts = {
        "real": {"Likely manipulated": 1, "Inconclusive": 2, "Likely not manipulated": 7, "No verdict": 3},
        "swap": {"Likely manipulated": 4, "Inconclusive": 1},
        "blend": {"Likely not manipulated": 5},
    }
    result = {"n": {"real": 10, "swap": 5, "blend": 5}, "auc": {"all": 0.7, "swap": 0.9, "blend": 0.5}, **given}
    return Measurement("detector", "a set, of other people", {"verdicts": verdicts, **result})


def test_wrong_files_are_counted_by_their_verdicts() -> None:
    (row,) = detector_rows([_detector()])
    assert row["the detector, measured on"] == "a set (10 real, 10 forged)"
    assert row["AUC by file"] == "0.700; swap 0.90, blend 0.50"
    assert row["real called manipulated"].startswith("10% (")
    assert row["forged called not manipulated"].startswith("50% (")
    assert row["inconclusive"] == "15%"
    assert detector_rows([_detector(n={"real": 4, "swap": 5})]) == [], "four real files are an anecdote"


def test_lost_auc_is_told_where_it_was_measured() -> None:
    def measured(*lost: float | None) -> Measurement:
        rows = [{**CONDITION, "condition": f"JPEG {i}", "auc_lost": one} for i, one in enumerate(lost)]
        return Measurement("conditions", "a set, 40 pairs", {"conditions": rows})

    assert loss_rows([measured(None, None), _detector()]) == []
    rows = loss_rows([measured(None, 0.0312)])
    assert [row["the same faces, changed (a set)"] for row in rows] == ["JPEG 0", "JPEG 1"]
    assert [row["AUC lost"] for row in rows] == ["", "0.031"]


def test_what_the_limits_say_in_words_was_measured() -> None:
    words, measured = " ".join(README.read_text("utf-8").split()), read_measurements(DEFAULT)
    corrupted = [one.result for one in measured if isinstance(one.result, MeasuredCorruptions)]
    conditions = [row for found in corrupted for row in found.conditions]
    lost = {row.condition: row for row in conditions if row.auc_lost_interval and row.auc_lost_interval[0] > 0}
    assert {"JPEG 50", "H.264 CRF 35"} <= set(lost), "Compression costs it AUC"
    (as_is,) = (row for row in conditions if row.value is None and row.n_real == lost["H.264 CRF 35"].n_real)
    assert (lost["H.264 CRF 35"].called_fake_real or 0) >= 2 * (as_is.called_fake_real or 1), "twice as many real faces"
    off = {
        one.data: one.result.frame.ece
        for one in measured
        if isinstance(one.result, MeasuredDetector) and one.result.frame and one.label.startswith(("Face", "DFDC"))
    }
    assert f"off by {off['ffpp_c40']:.2f} on videos of FaceForensics++" in words
    assert f"by {off['test']:.2f} on DFDC" in words
    (controls,) = (one.result for one in measured if isinstance(one.result, ShortcutEvaluation))
    as_they_are, *rest = controls.controls
    (leak,) = (row for row in rest if not row.at_chance)
    assert (as_they_are.at_chance, leak.control, len(rest)) == (False, "post-processing only", 4)
    assert (
        f"Post-processing alone, such as compression or blur, makes real faces score higher (AUC {leak.auc:.2f}"
        in words
    )
    (cost,) = (one.result for one in measured if one.kind == "bench-detectors")
    assert isinstance(cost, MeasuredBench)
    assert f"costs {cost.rows[0].note.split()[1]} [" in words


def test_attacks_of_one_strength_stand_in_one_row() -> None:
    def cell(found: float | None, n: int) -> dict[str, object]:
        part = {"n": n, "still_works": 1.0, "auc": 0.9, "found_at_5": found, "found_at_1": None}
        return {**part, "interval_at_5": None}

    attacks = {
        "pgd": {"2": {"none": cell(0.5, 3)}, "4": {"none": cell(1.0, 4)}},
        "fgsm": {"2": {"none": cell(None, 5)}},
    }
    clean = {"as it is": {"n": 9, "alarms": 0.0, "interval": None}, "grain": {"n": 8, "alarms": 0.25, "interval": None}}
    said = {"attacks": attacks, "clean": clean, "threshold": 0.0, "detector": "d"}
    first, second, nobody = answer_rows([Measurement("attack-answer", "faces, of others", said)])
    assert next(iter(first)) == "was it attacked? (faces) eps of 255"
    assert [*first.values()] == ["2", "PNG, as saved", "PGD 50%, FGSM not measured", "8"]
    assert [*second.values()] == ["4", "PNG, as saved", "PGD 100%", "4"]
    worst = "grain, the worst of 2 treatments", "taken for an attack: 25%", "8"
    assert [*nobody.values()] == ["nobody attacked it", *worst]


def test_other_faces_of_a_measurement_stand_in_one_row() -> None:
    def part(n: int, synthetic: float) -> dict[str, object]:
        return {"n": n, "synthetic": synthetic, "interval": None, "inconclusive": 0.5, "unknown": 0.0}

    shares = {
        "real": {"none": part(10, 0.1), "jpeg75": part(10, 0.2)},
        "swap": {"none": part(10, 0.0)},
        "gan": {"none": part(4, 1.0), "jpeg75": part(4, 0.5)},
    }
    auc = {"gan": {"none": {"auc": 0.9, "interval": None}, "jpeg75": {"auc": 0.8, "interval": None}}}
    said = {"shares": shares, "auc": auc, "no_verdict": {}}
    gan, others = synthetic_rows([Measurement("synthetic-faces", "a set", said)])
    assert (gan["wholly synthetic?"], gan["media"], gan["hardest"]) == ("gan (a set)", "4", "JPEG 75")
    assert gan["AUC against real"] == "0.800"
    assert gan["called synthetic"].startswith("50% (")
    assert (others["wholly synthetic?"], others["media"]) == ("real, swap (a set)", "20")
    assert others["called synthetic"].startswith("10% ("), "2 of 20, each kind where it is hardest"
