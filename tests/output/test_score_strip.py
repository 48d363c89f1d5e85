"""Detectors' scores over a video, as they are drawn."""

from __future__ import annotations

from typing import Any

import pytest

from core.output import screen
from core.output.screen.score_strip import RAMP, ramped
from core.types import InputError

FIRST, SECOND = (1.0, "fake", "Likely manipulated, 100%"), (0.0, "real", "Likely not manipulated, 0%")


def drawn(**facts: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"names": ["one", "two"], "rows": [(0, (FIRST, SECOND)), (60, (FIRST, None))], "fps": 30.0}
    return screen.ScoreStrip(**given | facts).record()


def test_each_detector_has_a_row_and_a_mark_where_it_gave_a_verdict() -> None:
    first, second = drawn()["rows"]
    assert (first["name"], second["name"]) == ("one", "two")
    assert [point["frame"] for point in first["points"]] == [0, 60]
    assert [point["frame"] for point in second["points"]] == [0], "no verdict, no mark"


def test_a_mark_is_of_the_scores_colour_and_the_labels_shape_and_says_both() -> None:
    first, second = drawn()["rows"]
    assert [(point["shape"], point["colour"].upper()) for point in first["points"]] == [("square", RAMP[2])] * 2
    assert [(point["shape"], point["colour"].upper()) for point in second["points"]] == [("circle", RAMP[0])]
    assert first["points"][1]["said"] == "0:02 (frame 60): likely manipulated, 100%"
    (plain, _) = drawn(fps=0.0)["rows"]
    assert plain["points"][1]["said"] == "frame 60: likely manipulated, 100%"


def test_colours_run_from_one_output_to_the_other_by_way_of_grey() -> None:
    assert [ramped(score).upper() for score in (0.0, 0.5, 1.0)] == [colour.upper() for colour in RAMP]
    assert ramped(0.25) == "#6ca6c6", "half way between #0072b2 and #d9d9d9"


def test_frames_apart_and_the_one_in_focus_are_told() -> None:
    found = drawn(apart={60, 0}, chosen=60)
    assert (found["apart"], found["chosen"], found["ends"]) == ([0, 60], 60, [0, 60])
    assert [tick["word"] for tick in found["ticks"]] == ["0:00", "0:01", "0:02"]
    assert drawn()["chosen"] is None


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"rows": [(0, (FIRST,))]}, "2 cells"),
        ({"rows": [(0, (FIRST, (1.5, "fake", "Likely manipulated")))]}, r"in \[0, 1\]"),
    ],
)
def test_what_does_not_fit_is_refused(facts: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        drawn(**facts)
