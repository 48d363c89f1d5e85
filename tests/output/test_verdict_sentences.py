"""The sentence on a file: its word first, the worst face, frames counted, never another word than the verdict's."""

from __future__ import annotations

import numpy as np
import pytest

from core.detectors.video_rules import file_verdict
from core.output.text import clock
from core.output.verdict_sentences import file_sentence
from core.types import Face, JudgedFace, Verdict
from core.types.tracks import BandThresholds

EDGES = BandThresholds(0.2, 0.8, 0.05)
CROP = np.zeros((64, 64, 3), np.uint8)


def judged(p: float, frame: int = 0, track: int = 0) -> JudgedFace:
    face = Face(f"{track} {frame}", CROP, (0, 0, 40, 40), np.zeros((5, 2), np.float32), frame, 0.9, track)
    band = "Likely manipulated" if p >= 0.8 else "Likely not manipulated" if p <= 0.2 else "Inconclusive"
    return JudgedFace(face, Verdict("d", np.log(np.asarray([1 - p, p], np.float32)), p, band, calibrated=True))


def sentence(*faces: JudgedFace, still: bool = False, fps: float = 10.0) -> str:
    found = file_verdict(faces, EDGES, still=still)
    said = file_sentence(found, fps)
    assert said.startswith(found.band)
    return said


def test_an_image() -> None:
    assert sentence(judged(0.9), still=True) == "Likely manipulated."
    two = judged(0.1, track=0), judged(0.99, track=1)
    assert sentence(*two, still=True) == "Likely manipulated: face 2 of 2."
    assert sentence(judged(0.1, track=0), judged(0.05, track=1), still=True) == "Likely not manipulated: all 2 faces."


def test_a_video_counts_its_frames_from_the_first_suspicious_one() -> None:
    scores = [0.7, 0.75, *[0.97] * 22]
    found = sentence(*(judged(p, 10 * k) for k, p in enumerate(scores)))
    assert found == "Likely manipulated: 22 of 24 frames, from 0:02."
    assert sentence(*(judged(0.05, k) for k in range(8))) == "Likely not manipulated: 8 of 8 frames."
    half = [0.05] * 4 + [0.95] * 4
    found = sentence(*(judged(p, k) for k, p in enumerate(half)))
    assert found == "Inconclusive: of 8 frames 4 speak for manipulation, from 0:00, and 4 against it."
    few = sentence(*(judged(0.85, k) for k in range(5)))
    assert few == "Inconclusive: 5 of 5 frames speak for manipulation, from 0:00; not enough to decide."
    assert sentence(*(judged(0.5, k) for k in range(8))) == "Inconclusive: 8 of 8 frames."
    one = sentence(*(judged(p, k) for k, p in enumerate([0.95, *[0.5] * 7])))
    assert one == "Inconclusive: 1 of 8 frames speaks for manipulation, from 0:00; not enough to decide."
    each = sentence(*(judged(p, k) for k, p in enumerate([0.95, *[0.5] * 6, 0.05])))
    assert each == "Inconclusive: of 8 frames 1 speaks for manipulation, from 0:00, and 1 against it."


def test_of_several_faces_the_worst_is_named() -> None:
    calm = [judged(0.05, k, 0) for k in range(8)]
    forged = [judged(0.99, k, 3) for k in range(24)]
    found = file_verdict([*calm, *forged], EDGES, still=False)
    assert found.main
    assert found.main.track.number == 3
    assert file_sentence(found, 10.0) == "Likely manipulated: 24 of 24 frames, from 0:00 (face 4, the worst of 2)."


def test_nothing_judged_says_why() -> None:
    found = file_verdict([], EDGES, still=True)
    assert file_sentence(found) == "No verdict: no face was found."


@pytest.mark.parametrize(("seconds", "words"), [(0, "0:00"), (3.9, "0:03"), (65, "1:05"), (3600, "60:00")])
def test_a_time_in_minutes_and_seconds(seconds: float, words: str) -> None:
    assert clock(seconds) == words
