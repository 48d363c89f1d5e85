"""Turn the verdicts on a medium's faces into the verdict on the file."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from ..metrics.intervals import Interval, block_bootstrap
from ..types import JudgedFace
from ..types.tracks import BandThresholds, FileVerdict, Track, TrackVerdict
from .calibration.fit import BANDS
from .detector import INCONCLUSIVE, UNCALIBRATED

NO_VERDICT = "No verdict"
MIN_TRACK_FRAMES = 4  # so many frames called alike leave a half outside of Wilson's interval of their share; 3 do not
TYPICAL_STD = 0.1  # standard deviation of a frame's score within a track: 0.08 and 0.09 on two real videos
MIN_STD = 0.05  # the least that is believed of a few frames which happen to be alike
ERROR = 0.05  # of the intervals of all deciding tracks together


def tracks_of(judged: Iterable[JudgedFace]) -> list[Track]:
    """Group judged faces by track, the one judged in the most frames first.

    Of equals, the one seen first.
    """
    groups: dict[int, list[JudgedFace]] = {}
    for item in judged:
        if item.verdict:
            groups.setdefault(item.face.track, []).append(item)
    tracks = [Track(number, tuple(sorted(items, key=lambda i: i.face.frame))) for number, items in groups.items()]
    return sorted(tracks, key=len, reverse=True)


def longest_track(judged: Iterable[JudgedFace]) -> Track | None:
    """Return the track judged in the most frames; of equals, the one seen first."""
    return next(iter(tracks_of(judged)), None)


def deciding_tracks(tracks: Sequence[Track]) -> list[Track]:
    """Select the tracks judged in at least `MIN_TRACK_FRAMES` frames, which decide.

    Where there is none (an image, few frames, a face that is hardly seen), the longest decide.
    """
    enough = min(MIN_TRACK_FRAMES, max(map(len, tracks), default=0))
    return [track for track in tracks if len(track) >= enough]


def file_verdict(judged: Sequence[JudgedFace], thresholds: BandThresholds | None, *, still: bool) -> FileVerdict:
    """Judge the whole file from its judged faces.

    The file is likely manipulated if any deciding track is, and likely not manipulated only if all are not. Several
    tracks are several tests: the more decide, the wider each one's interval and the higher the threshold of "likely
    manipulated", so that a file of many real faces is called manipulated no more often than one of a single face.

    The numbers of one track stand for the file, on every page and in every record: of the deciding track that says
    most against it, as a swap of one face among many makes a file a fake. Its word is the file's.

    Args:
        judged: the faces of all frames, with a verdict or without.
        thresholds: of the detector's bands; None where it is not calibrated: the threshold is then 0.5.
        still: whether the file is an image, which has no other frames that might differ.

    Source: Bonferroni's correction; the interval is that of `intervals.block_bootstrap`.
    """
    tracks = tracks_of(judged)
    deciding = deciding_tracks(tracks)
    level = 1 - ERROR / max(1, len(deciding))
    edges = (thresholds.low, thresholds.high_for(len(deciding))) if thresholds else (0.5, 0.5)
    real, fake = (BANDS[0], BANDS[2]) if thresholds else UNCALIBRATED

    def band(track: Track) -> str:
        if track not in deciding:
            return NO_VERDICT
        lower, upper = _score_bounds(track, level, still=still)
        return real if upper <= edges[0] else fake if lower >= edges[1] else INCONCLUSIVE

    found = tuple(
        TrackVerdict(
            track,
            band(track),
            track in deciding,
            _mean_interval(tuple(track.p_fake.tolist()), 0.95),
            _share_interval(tuple(verdict.label == "fake" for verdict in track.verdicts)),
        )
        for track in tracks
    )
    bands = [one.band for one in found if one.decides]
    overall = fake if fake in bands else INCONCLUSIVE if {*bands} - {real} else real if bands else NO_VERDICT
    main = max((one for one in found if one.decides), key=lambda one: _against(one, real, fake), default=None)
    few = not still and any(len(track) < MIN_TRACK_FRAMES for track in deciding)
    rule, label = _label(main, still or len(deciding) < 2, overall == fake)
    calibrated, reason = thresholds is not None, None if found else _reason(judged)
    return FileVerdict(overall, main, found, edges, level, calibrated, still, few, rule, label, reason)


def _label(main: TrackVerdict | None, alone: bool, manipulated: bool) -> tuple[str, str | None]:
    """Label a file by its only face's majority, or by the word on several."""
    if alone or main is None:
        return "majority", main.label if main else None
    return "interval", "fake" if manipulated else "real"


def _against(one: TrackVerdict, real: str, fake: str) -> tuple[bool, bool, float, float]:
    """Order tracks by word, mean score, and mean margin."""
    return one.band == fake, one.band != real, one.p_fake, one.margin


def face_of_file(found: FileVerdict) -> JudgedFace | None:
    """Return the face that stands for a file.

    It has the highest score of the track that stands for it.
    """
    if found.main is None:
        return None
    return max(
        found.main.track.judged, key=lambda item: (item.verdict.p_fake, item.verdict.margin) if item.verdict else ()
    )


def _score_bounds(track: Track, level: float, *, still: bool) -> Interval:
    """Return bounds of the track's score; [0, 1] where most frames abstain.

    With few frames, each frame's score widens their mean's interval.
    """
    if 2 * sum(verdict.abstained is not None for verdict in track.verdicts) >= len(track):
        return 0.0, 1.0
    scores = tuple(track.p_fake.tolist())
    lower, upper = (scores[0], scores[0]) if still else _mean_interval(scores, level)
    return (min(lower, *scores), max(upper, *scores)) if len(track) < MIN_TRACK_FRAMES else (lower, upper)


@functools.lru_cache(maxsize=512)  # a page draws the same tracks again and again
def _mean_interval(scores: tuple[float, ...], level: float) -> Interval:
    """Return the interval of the mean, or with few frames one of typical width."""
    if len(scores) >= MIN_TRACK_FRAMES:
        return block_bootstrap(np.asarray(scores), level=level, min_std=MIN_STD)
    from scipy.special import stdtrit  # here: it is slow to import

    mean, quantile = float(np.mean(scores)), float(stdtrit(MIN_TRACK_FRAMES - 1, (1 + level) / 2))
    half = quantile * TYPICAL_STD / np.sqrt(len(scores))
    return max(0.0, float(mean - half)), min(1.0, float(mean + half))


@functools.lru_cache(maxsize=512)
def _share_interval(called_fake: tuple[bool, ...]) -> Interval:
    return block_bootstrap(np.asarray(called_fake, float))


def _reason(judged: Sequence[JudgedFace]) -> str:
    """Return the most frequent reason why no face was judged."""
    reasons = Counter(item.reason for item in judged if item.reason)
    return reasons.most_common(1)[0][0] if reasons else f"{NO_VERDICT}: no face was found."
