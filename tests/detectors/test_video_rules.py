"""One rule for a file's verdict: which tracks decide, what their intervals have to say, and who uses it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_calibrations import made_calibration

from core import pipeline
from core.detectors import Detector, video_rules
from core.detectors.calibration.fit import band_thresholds
from core.detectors.detector import UNCALIBRATED
from core.detectors.video_rules import deciding_tracks, file_verdict, longest_track, tracks_of
from core.evaluation import detector_evaluation
from core.evaluation.calibration_run import calibrate_on
from core.evaluation.medium_scores import judge_medium
from core.media.datasets import Item
from core.metrics.intervals import Interval, block_bootstrap
from core.output import screen
from core.output.analysis_record import analysis_record
from core.output.text import file_notes
from core.output.value_records import value_record
from core.reports import file_analysis
from core.types import Array, Face, InputError, JudgedFace, Media, Verdict, content_id
from core.types.calibration import Bands
from core.types.tracks import BandThresholds, FileVerdict, Track

BY_RISK = ((0.01, 0.85), (0.05, 0.75), (0.1, 0.6), (0.2, 0.55))
BANDS = BandThresholds(0.4, 0.6, 0.1, BY_RISK)
FAKE, REAL, UNSURE, NONE = "Likely manipulated", "Likely not manipulated", "Inconclusive", "No verdict"
NOISE = (0.97, 0.05, 0.96, 0.95, 0.03, 0.94)  # most frames high, but not steadily


def face(track: int, frame: int) -> Face:
    points, crop = np.zeros((5, 2), np.float32), np.full((8, 8, 3), track, np.uint8)
    return Face(content_id(f"{track} {frame}"), crop, (0, 0, 90, 90), points, frame, 0.9, track)


def judged(track: int, frame: int, score: float | None, *, abstained: str | None = None) -> JudgedFace:
    if score is None:
        return JudgedFace(face(track, frame), None, "No verdict: the face is 12 pixels wide, 48 are needed.")
    logits = np.asarray([0, np.log(score / (1 - score))], np.float32)
    band = UNSURE if abstained or 0.4 < score < 0.6 else FAKE if score >= 0.6 else REAL
    return JudgedFace(face(track, frame), Verdict("d", logits, score, band, True, abstained))


def faces(track: int, *scores: float | None, abstained: str | None = None) -> list[JudgedFace]:
    return [judged(track, frame, score, abstained=abstained) for frame, score in enumerate(scores)]


def rule(*tracks: list[JudgedFace], thresholds: BandThresholds | None = BANDS, still: bool = False) -> FileVerdict:
    return file_verdict([item for track in tracks for item in track], thresholds, still=still)


STEADY = (0.93, 0.9, 0.95, 0.92)
CASES: list[tuple[str, list[Sequence[float | None]], str, int | None]] = [
    ("no face", [], NONE, None),
    ("no face that can be judged", [[None, None]], NONE, None),
    ("an image", [[0.7]], FAKE, 0),
    ("an image, in between", [[0.5]], UNSURE, 0),
    ("a real face", [[0.1] * 8], REAL, 0),
    ("a forged face", [STEADY], FAKE, 0),
    ("a forged face, the same score in every frame", [[0.9] * 4], FAKE, 0),
    ("frames that differ too much", [[0.99, 0.3, 0.98, 0.4]], UNSURE, 0),
    ("a mean beyond the edge, its interval not", [[0.75, 0.55, 0.7, 0.5]], UNSURE, 0),
    ("real, and a second face clearly forged", [[0.1] * 8, STEADY], FAKE, 1),
    ("real, and a second face at .65: a tenth of real faces is there", [[0.1] * 8, [0.65] * 8], UNSURE, 1),
    ("real, and a bystander in two frames", [[0.1] * 8, [0.99, 0.98]], REAL, 0),
    ("real, and a bystander in three frames", [[0.1] * 8, [0.99, 0.98, 0.99]], REAL, 0),
    ("real, and a bystander in six noisy frames", [[0.1] * 8, NOISE], UNSURE, 1),
    ("a forged face, and a real one seen longer", [[0.05] * 16, STEADY * 2], FAKE, 1),
    ("two forged faces: the more suspicious one", [[0.9] * 8, [0.97] * 6], FAKE, 1),
    ("two real faces", [[0.1] * 8, [0.2] * 4], REAL, 1),
    ("one frame only, clear", [[0.95]], FAKE, 0),
    ("one frame only, beyond the edge by less than frames stray", [[0.7]], UNSURE, 0),
    ("three frames, all alike", [[0.9, 0.95, 0.9]], FAKE, 0),
    ("three frames, not alike", [[0.9, 0.95, 0.5]], UNSURE, 0),
    ("two frames of one face, one of another", [[0.1, 0.2], [0.99]], REAL, 0),
    ("an image of two, one forged", [[0.1], [0.9]], FAKE, 1),
    ("an image of two, one doubtful", [[0.1], [0.65]], UNSURE, 1),
]


@pytest.mark.parametrize(("name", "tracks", "band", "main"), CASES, ids=[case[0] for case in CASES])
def test_the_files_verdict(name: str, tracks: list[Sequence[float | None]], band: str, main: int | None) -> None:
    found = rule(*(faces(number, *scores) for number, scores in enumerate(tracks)), still="image" in name)
    assert found.band == band
    assert found.main is None or found.main.band == band, "the number is of the face that the word is of"
    assert found.label != "real" or band != FAKE
    assert found.label != "fake" or band != REAL
    assert (found.main and found.main.track.number) == main
    assert found.calibrated
    for one in found.deciding if "image" not in name else ():
        low, high = one.p_fake_interval
        assert 0 <= low <= one.p_fake <= high <= 1
        assert low >= 0.6 or one.band != FAKE, "a shown interval never argues with the word"
        assert high <= 0.4 or one.band != REAL
    if main is None:
        assert (found.tracks, found.deciding) == ((), ())
        assert str(found.reason).startswith("No verdict: ")


def test_short_tracks_have_no_verdict_of_their_own_and_long_ones_come_first() -> None:
    found = rule(faces(3, *NOISE), faces(7, 0.9, 0.9), faces(2, *[0.1] * 8))
    assert [one.track.number for one in found.tracks] == [2, 3, 7]
    assert [one.band for one in found.tracks] == [REAL, UNSURE, NONE]
    assert [one.track.number for one in found.deciding] == [2, 3]
    assert found.main is found.tracks[1], "the face that makes the file inconclusive stands for it"
    assert (found.main.label, found.label, found.rule) == ("fake", "real", "interval"), "noise of one of several faces"
    alone = rule(faces(3, *NOISE), faces(7, 0.9, 0.9))
    assert (alone.label, alone.rule) == ("fake", "majority"), "the other one does not decide"
    assert rule().label is None


def test_several_faces_are_several_tests() -> None:
    assert [BANDS.high_for(n) for n in (1, 2, 3, 10, 99)] == [0.6, 0.75, 0.85, 0.85, 0.85]
    assert BandThresholds(0.4, 0.6, 0.1).high_for(5) == 0.6, "nothing stricter was measured"
    one, two = rule(faces(0, *STEADY)), rule(faces(0, *STEADY), faces(1, *STEADY))
    assert [one.level, two.level] == pytest.approx([0.95, 0.975])
    assert (one.thresholds, two.thresholds) == ((0.4, 0.6), (0.4, 0.75))
    barely = (0.72, 0.82, 0.75, 0.8, 0.76, 0.74)  # by itself beyond the edge, beside another face not
    assert rule(faces(0, *barely)).band == FAKE
    assert rule(faces(0, *barely), faces(1, *[0.1] * 8)).band == UNSURE


def test_crowds_of_real_faces_are_seldom_called_manipulated() -> None:
    """The scores of real faces as a detector with these very edges gives them: a tenth from 0.6 on."""
    rng = np.random.default_rng(0)
    risks, edges = zip(*[(1.0, 0.0), *sorted(BY_RISK, reverse=True), (0.0, 1.0)], strict=True)

    def share(people: int) -> float:
        files = [np.interp(-rng.random(people), -np.asarray(risks), edges) for _ in range(400)]
        images = [rule(*(faces(i, float(p)) for i, p in enumerate(scores)), still=True) for scores in files]
        return float(np.mean([found.band == FAKE for found in images]))

    assert [share(people) <= 0.14 for people in (1, 2, 10)] == [True] * 3


def test_abstaining_in_most_frames_is_inconclusive() -> None:
    assert rule(faces(0, *STEADY, abstained="unlike")).band == UNSURE
    assert rule(faces(0, 0.9, abstained="unlike"), still=True).band == UNSURE
    mixed = [*faces(0, *STEADY, *STEADY), *[judged(0, 8 + i, 0.9, abstained="unlike") for i in range(3)]]
    assert rule(mixed).band == FAKE


def test_an_uncalibrated_detector_promises_nothing() -> None:
    found = [rule(faces(0, *scores), thresholds=None) for scores in (STEADY, [0.1] * 4, [0.6, 0.3, 0.9, 0.4])]
    assert [one.band for one in found] == [*reversed(UNCALIBRATED), UNSURE]
    assert not found[0].calibrated


def test_every_band_begins_with_one_of_the_four_words() -> None:
    words = {"Likely manipulated", "Likely not manipulated", "Inconclusive", "No verdict"}
    assert {band.partition(",")[0] for band in screen.BANDS} == words
    assert set(UNCALIBRATED) < set(screen.BANDS)


def test_the_papers_two_rules() -> None:
    (verdict,) = rule(faces(0, 0.9, 0.8, 0.2, None)).tracks
    assert verdict.label == "fake"
    assert verdict.share_fake == pytest.approx(2 / 3)
    assert verdict.p_fake == pytest.approx(1.9 / 3)
    assert verdict.margin == pytest.approx(np.mean([np.log(9), np.log(4), -np.log(4)]), abs=1e-6)
    assert verdict.frames_judged == 3
    (tie,) = rule(faces(0, 0.9, 0.2)).tracks
    assert tie.label == "real", "a majority is more than half"


def test_tracks_are_in_the_order_of_time() -> None:
    mixed = [judged(1, 9, 0.9), judged(0, 4, 0.1), judged(0, 2, 0.2), judged(0, 3, None), judged(1, 1, 0.8)]
    first, second = tracks_of(mixed)
    assert (first.number, second.number) == (1, 0), "of equals, the one seen first"
    assert (first.frames, second.frames) == ((1, 9), (2, 4))
    assert second.p_fake.tolist() == [0.2, 0.1]
    assert longest_track([]) is None
    longest = longest_track(mixed)
    assert longest is not None
    assert longest.number == 1
    assert deciding_tracks([]) == []
    for bad, words in (((), "at least one"), (tuple(mixed[1:3]), "order"), ((mixed[3],), "has a verdict")):
        with pytest.raises(InputError, match=words):
            Track(0, bad)
    with pytest.raises(InputError, match="low below high"):
        BandThresholds(0.6, 0.4, 0.1)


def test_what_a_verdict_rests_on_in_words() -> None:
    assert file_notes(rule()) == ("No verdict: no face was found.",)
    assert file_notes(rule(faces(0, *[0.1] * 8))) == ()
    assert file_notes(rule(faces(0, 0.9))) == ("judged in 1 frame only",)
    assert file_notes(rule(faces(0, 0.9), still=True)) == ()
    assert file_notes(rule(faces(0, *[0.1] * 8), faces(1, *STEADY), faces(2, 0.9))) == (
        "face 2 of 2 faces: likely manipulated",
        "with 2 faces, manipulated is said from 75% on",
        "1 face judged in too few frames to count",
    )
    assert file_notes(rule(faces(0, 0.1), faces(1, 0.9), still=True))[0] == "face 2 of 2 faces: likely manipulated"


def test_a_rerun_draws_no_bootstrap_again(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Array] = []

    def counted(values: Array, **given: float) -> Interval:
        drawn.append(values)
        return block_bootstrap(values, level=given.get("level", 0.95), min_std=given.get("min_std", 0.0))

    monkeypatch.setattr(video_rules, "block_bootstrap", counted)
    tracks = [faces(0, 0.111, 0.222, 0.333, 0.123), faces(1, 0.912, 0.923, 0.934, 0.945)]
    first = rule(*tracks)
    assert 2 <= len(drawn) <= 6, "an interval of the scores and one of the share, and the wider one of several tracks"
    before = len(drawn)
    assert rule(*tracks).tracks[0].p_fake_interval == first.tracks[0].p_fake_interval
    assert len(drawn) == before


class NoFrames:
    """A medium that is never read."""

    def read(self, indices: tuple[int, ...]) -> Iterator[tuple[int, Array]]:
        return iter(())


@pytest.fixture(scope="module")
def detector() -> Detector:
    """The default detector, calibrated, under a name that no attack detector and no reference set is of."""
    return replace(pipeline.load_detector(), name="another")


SCENES: dict[str, tuple[list[Sequence[float]], str, str, int]] = {
    "forged": ([[0.1] * 8, STEADY], FAKE, "fake", 1),
    "bystander": ([[0.1] * 8, NOISE], UNSURE, "real", 1),
    "passer-by": ([[0.1] * 8, [0.99, 0.99, 0.98]], REAL, "real", 0),
}


@pytest.fixture
def scenes(detector: Detector, monkeypatch: pytest.MonkeyPatch) -> None:
    """Videos that show what their names say of `SCENES`."""

    def opened(file: Path, **_: int) -> Media:
        return Media(content_id(file.stem), file.stem, "video", (64, 64), 8, 10.0, NoFrames())

    def look(media: Media, *_: object, **__: object) -> list[JudgedFace]:
        return [item for number, scores in enumerate(SCENES[media.name][0]) for item in faces(number, *scores)]

    monkeypatch.setattr(pipeline, "open_searched", opened)
    monkeypatch.setattr(pipeline, "analyse", look)
    monkeypatch.setattr(pipeline, "load_detector", lambda *_: detector)


@pytest.mark.usefixtures("scenes")
@pytest.mark.parametrize("scene", SCENES)
def test_analyse_and_evaluate_agree(scene: str, detector: Detector, tmp_path: Path) -> None:
    _, band, label, main = SCENES[scene]
    path = tmp_path / f"{scene}.mp4"
    path.touch()
    found = file_analysis.analyse(path)
    analysed = analysis_record(found)
    seen = judge_medium(detector, Item(path.name, (path,)), "real", frames=8)
    row = value_record(seen.row())
    assert analysed["verdict"]["band"] == analysed["video"]["band"] == row["band"] == band
    assert analysed["video"]["label"] == row["label"] == label
    assert analysed["video"]["track"] == analysed["verdict"]["track"] == row["track"] == main
    assert analysed["video"]["p_fake"] == pytest.approx(row["p_fake"], abs=1e-6)
    assert f"verdict on the file: {band}" in file_analysis.summary(found)
    assert (seen.longest is None) == (main == 0)
    assert row["longest_track"] == pytest.approx(np.log(1 / 9), abs=1e-5), "the other rule stands beside it"


@pytest.mark.usefixtures("scenes")
def test_evaluation_counts_by_the_rule_and_states_the_other(detector: Detector, tmp_path: Path) -> None:
    for path in ("real/bystander.mp4", "fake/forged.mp4"):
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_bytes(b"")
    found = value_record(detector_evaluation.evaluate_detector(detector, tmp_path, frames=8))
    assert (found["auc"]["all"], found["called_fake"]) == (1.0, {"real": 1.0, "fake": 1.0}), "by the mean score alone"
    assert found["video"]["called_fake"] == {"real": 0.0, "fake": 1.0}, "by the rule"
    assert found["verdicts"] == {"real": {UNSURE: 1}, "fake": {FAKE: 1}}
    assert found["video"]["Vid"] == {"real": 1.0, "fake": 1.0}
    other = found["longest_track"]
    assert (other["another_face"], other["auc"]["all"], other["called_fake"]) == (2, 0.5, {"real": 0.0, "fake": 0.0})
    assert other["Vid"] == {"real": 1.0, "fake": 0.0}


def test_calibration_takes_the_longest_track_whatever_the_scores_are(
    detector: Detector, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for kind in ("real", "fake"):
        (tmp_path / kind).mkdir()
        for number in range(10):
            (tmp_path / kind / f"{number}.mp4").write_bytes(b"")
    shown = [face(1, 0), face(0, 0), face(0, 1), face(1, 2)]
    monkeypatch.setattr(pipeline, "open_searched", lambda path, **_: path)
    monkeypatch.setattr(pipeline, "detect_faces", lambda *_, **__: iter(shown))
    rows = calibrate_on(detector, tmp_path).rows
    assert rows
    assert rows.label == (0,) * 20 + (1,) * 20
    assert set(rows.id) == {content_id(shown[0].crop)[:20]}


def test_thresholds_are_read_from_a_calibration(detector: Detector) -> None:
    edges = detector.band_thresholds
    assert edges is not None
    assert detector.bands == (edges.low, edges.high)
    strict = [edges.high_for(n) for n in (1, 2, 5, 10, 50)]
    assert strict == sorted(strict)
    assert strict[0] < strict[1] < strict[3] == strict[4]
    assert band_thresholds(made_calibration(bands=Bands(0.3, 0.7))).high_for(9) == 0.7
