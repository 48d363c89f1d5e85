"""Records that pages offer: maps by method and face, pairs of maps, judged faces, steps of an attack."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from core.output.attack_results_record import trajectory_rows
from core.output.file_results import judged_face_record, verdict_rows
from core.output.map_records import made_with_record, maps_record, quality_rows, similarity_rows
from core.types import Attribution, Face, JudgedFace, QualityMetric, Verdict
from core.types.compared_maps import MeasuredMap, Similarity

FACE = Face("ab" * 32, np.zeros((8, 8, 3), np.uint8), (0.0, 0.0, 8.0, 8.0), np.zeros((5, 2)), 3, 0.5)
VERDICT = Verdict("a detector", np.asarray([0.0, 1.0], np.float32), 0.75, "Inconclusive")


def measured(method: str, face: str, *, samples: int = 1) -> MeasuredMap:
    values = np.zeros((8, 8), np.float32)
    made = Attribution(method, {"samples": samples}, "margin", FACE.id, values, True, (), 0.123456)
    found = QualityMetric("drop", 0.5, "higher", "what it is"), QualityMetric("none", 0.0, "lower", "so", "it is flat")
    return MeasuredMap(face, made, 7, found)


def test_maps_stand_by_method_and_face_and_degenerate_metrics_are_null() -> None:
    found = maps_record(FACE, "version", [measured("lrp", "clean"), measured("lrp", "attacked")])
    assert list(found["maps"]["lrp"]) == ["clean", "attacked"]
    assert found["maps"]["lrp"]["clean"]["quality"] == {"drop": 0.5, "none": None}
    assert found["maps"]["lrp"]["clean"]["degenerate"] == {"none": "it is flat"}
    assert found["maps"]["lrp"]["clean"]["seed"] == 7


@pytest.mark.parametrize(("samples", "alike"), [(1, True), (2, False)])
def test_what_maps_were_made_with_stands_once_where_it_is_the_same(samples: int, *, alike: bool) -> None:
    made = made_with_record([measured("lrp", "clean"), measured("lrp", "attacked", samples=samples)])["lrp"]
    first = {"target": "margin", "settings": {"samples": 1}, "seed": 7}
    assert made == (first if alike else [first, first | {"settings": {"samples": 2}}])


def test_each_metric_of_a_map_is_a_row() -> None:
    drop, none = quality_rows([measured("lrp", "clean")])
    assert (drop["map"], drop["face"], drop["figure"], drop["value"], drop["seconds"]) == (
        "lrp",
        "clean",
        "drop",
        0.5,
        0.1235,
    )
    assert (none["value"], none["degenerate"]) == ("", "it is flat")


def test_clean_with_attacked_goes_before_method_with_method() -> None:
    alike = Similarity(1.0, None, 0.5, "it has no order")
    rows = similarity_rows({("clean", "a", "b"): alike, ("both", "a", "a"): alike}, top=0.1)
    assert [row["face"] for row in rows] == ["clean to attacked", "clean"]
    assert (rows[0]["rank"], rows[0]["k"], rows[0]["degenerate"]) == (None, 0.1, "it has no order")


def test_a_face_has_a_verdict_or_the_reason_for_none() -> None:
    faces = [JudgedFace(FACE, VERDICT), JudgedFace(FACE, None, "No verdict: too small.")]
    first, second = map(judged_face_record, faces)
    assert (first["verdict"]["p_fake"], first["no_verdict"]) == (0.75, None)
    assert (second["verdict"], second["no_verdict"]) == (None, "No verdict: too small.")
    rows = verdict_rows(faces, "the chosen one")
    assert [(row["band"], row["detector"]) for row in rows] == [
        ("Inconclusive", "a detector"),
        ("No verdict: too small.", "the chosen one"),
    ]


def test_each_step_has_the_scores_that_were_asked_for() -> None:
    result: Any = SimpleNamespace(trajectory=(0.9, 0.4), detector_trajectory=((2, 0.1234567),))
    assert trajectory_rows(cast(Any, result)) == [
        {"step": 1, "p_fake": 0.9, "p_attacked": None},
        {"step": 2, "p_fake": 0.4, "p_attacked": 0.123457},
    ]
