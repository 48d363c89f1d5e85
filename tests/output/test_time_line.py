"""Scores of a video's faces over time, as they are drawn."""

from __future__ import annotations

from typing import Any

import pytest

from core.output import screen
from core.types import InputError

WORDS = ("Inconclusive", "Likely manipulated")


def drawn(faces: int, chosen: tuple[int, int] | None = None, **facts: Any) -> dict[str, Any]:
    tracks = dict.fromkeys(range(faces), ((0, 30), (0.5, 0.9), WORDS))
    given: dict[str, Any] = {"tracks": tracks, "fps": 30.0, "bands": None, "chosen": chosen}
    return screen.TimeLine(**given | facts).record()


def test_the_face_in_focus_stands_out_among_others() -> None:
    assert [line["behind"] for line in drawn(3, chosen=(1, 30))["tracks"]] == [True, False, True]
    assert drawn(3, chosen=(1, 30))["chosen"] == 30
    assert not any(line["behind"] for line in drawn(3)["tracks"]), "of none in focus, none stands out"
    assert drawn(3)["chosen"] is None


def test_lines_of_several_faces_differ_in_dashes_and_points() -> None:
    looks = [(line["dash"], line["shape"]) for line in drawn(10)["tracks"]]
    assert len(set(looks)) == 10


def test_a_point_says_its_time_its_score_and_its_word() -> None:
    (line,) = drawn(1)["tracks"]
    assert [point["said"] for point in line["points"]] == [
        "0:00 (frame 0): 0.500, inconclusive",
        "0:01 (frame 30): 0.900, likely manipulated",
    ]
    assert [point["colour"] for point in line["points"]] == [screen.COLOURS["inconclusive"], screen.COLOURS["fake"]]
    (line,) = drawn(1, fps=0.0)["tracks"]
    assert line["points"][1]["said"].startswith("frame 30: ")


def test_bands_lie_behind_or_a_line_where_there_are_none() -> None:
    assert drawn(1)["bands"] == []
    assert drawn(1)["even"] == 0.5
    assert drawn(1)["up"] == "score of “manipulated”"
    found = drawn(1, bands=(0.3, 0.7))
    assert [(band["start"], band["stop"]) for band in found["bands"]] == [(0, 0.3), (0.3, 0.7), (0.7, 1)]
    assert found["even"] is None
    assert found["up"] == "probability of “manipulated”"


@pytest.mark.parametrize(("last", "fps"), [(30, 30.0), (299, 30.0), (100_000, 25.0), (17, 0.0), (0, 0.0)])
def test_ticks_are_few_whole_and_within_the_video(last: int, fps: float) -> None:
    found = drawn(1, tracks={0: ((0, last), (0.5, 0.9), WORDS)}, fps=fps)
    assert 1 <= len(found["ticks"]) <= 8
    assert all(tick["frame"] <= last for tick in found["ticks"])
    assert found["ticks"][0]["word"] == ("0:00" if fps else "0")
    assert found["across"] == ("time" if fps else "frame")
    assert found["ends"] == [0, last]


def test_a_clip_without_a_whole_second_has_a_tick_at_its_first_frame() -> None:
    found = drawn(1, tracks={0: ((1, 33), (0.5, 0.9), WORDS)}, fps=60.0)
    assert found["ticks"] == [{"frame": 1.0, "word": "0:00"}]


def test_scores_beyond_their_range_and_missing_words_are_refused() -> None:
    with pytest.raises(InputError, match=r"scores are in \[0, 1\]"):
        drawn(1, tracks={0: ((0,), (1.5,), WORDS[:1])})
    with pytest.raises(InputError, match="each frame has a score and a word"):
        drawn(1, tracks={0: ((0, 1), (0.5, 0.5), WORDS[:1])})
