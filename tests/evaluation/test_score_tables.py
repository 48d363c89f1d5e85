"""The table of every medium's score: written by a measurement, and replaced by the same one alone."""

from __future__ import annotations

from pathlib import Path

from core.evaluation.score_tables import COLUMNS, read_scores, record_scores, scores_file
from core.types.detector_metrics import MediumRow


def row(path: str, score: float | None, reason: str | None = None) -> MediumRow:
    return MediumRow(path, "real", score, 0.123456, "real", "", 0.0, 0, score, 1, 1, 0, reason)


def test_rows_are_kept_by_measurement(tmp_path: Path) -> None:
    assert read_scores("some", folder=tmp_path) == []
    record_scores(
        "some", "one", [row("real/a,b.png", 1.5), row("real/ü.png", None, "no face, it says")], folder=tmp_path
    )
    record_scores("some", "two", [row("c.png", -2.0)], folder=tmp_path)
    record_scores("some", "one", [row("d.png", 0.25)], folder=tmp_path)
    found = read_scores("some", folder=tmp_path)
    assert [(one["measurement"], one["path"], one["score"]) for one in found] == [
        ("two", "c.png", "-2.0"),
        ("one", "d.png", "0.25"),
    ]
    assert found[0]["p_fake"] == "0.1235"
    assert tuple(found[0]) == COLUMNS
    assert scores_file("some", folder=tmp_path).read_text("utf-8").count("\n") == 3


def test_reasons_and_names_come_back_as_they_were(tmp_path: Path) -> None:
    record_scores("some", "one", [row('real/ü, "x".png', None, "no face, it says")], folder=tmp_path)
    (found,) = read_scores("some", folder=tmp_path)
    assert (found["path"], found["reason"], found["score"]) == ('real/ü, "x".png', "no face, it says", "")


def test_text_like_a_formula_is_marked_once_and_numbers_stay(tmp_path: Path) -> None:
    record_scores("some", "=one", [row("=1+1.png", -1.5, "\uff1d2")], folder=tmp_path)
    record_scores("some", "two", [row("a.png", -2.5)], folder=tmp_path)
    first, second = read_scores("some", folder=tmp_path)
    assert (first["measurement"], first["path"], first["reason"]) == ("'=one", "'=1+1.png", "'\uff1d2")
    assert (first["score"], second["score"]) == ("-1.5", "-2.5")
    record_scores("some", "=one", [row("b.png", 0.5)], folder=tmp_path)
    assert [one["path"] for one in read_scores("some", folder=tmp_path)] == ["a.png", "b.png"]
