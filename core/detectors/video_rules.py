"""Join the verdicts of frames to one of a face track and of a video."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..metrics.intervals import block_bootstrap
from ..types import (
    Judged,
    Verdict,
    VideoVerdict,
)


def video_verdicts(judged: Iterable[Judged]) -> list[VideoVerdict]:
    """One verdict a face track, the track judged in the most frames first; tracks without a verdict are left out."""
    tracks: dict[int, list[Verdict]] = {}
    for item in judged:
        if item.verdict:
            tracks.setdefault(item.face.track, []).append(item.verdict)
    out = []
    for track, verdicts in tracks.items():
        share = float(np.mean([verdict.label == "fake" for verdict in verdicts]))
        scores = np.asarray([verdict.p_fake for verdict in verdicts])
        called = np.asarray([verdict.label == "fake" for verdict in verdicts], float)
        label = "fake" if share > 0.5 else "real"
        intervals = block_bootstrap(scores), block_bootstrap(called)
        out.append(VideoVerdict(track, float(scores.mean()), label, share, len(verdicts), *intervals))
    return sorted(out, key=lambda verdict: -verdict.frames_judged)


def of_the_video(tracks: list[VideoVerdict]) -> VideoVerdict | None:
    """The verdict on the whole video: that of the most suspicious track among those seen in a quarter of the frames
    that the longest track was seen in (a passer-by of one frame does not decide)."""
    lasting = [track for track in tracks if track.frames_judged * 4 >= tracks[0].frames_judged]
    return max(lasting, key=lambda track: (track.label == "fake", track.p_fake), default=None)


def main_track(judged: Iterable[Judged]) -> list[Verdict]:
    """The verdicts on the face judged in the most frames; of equals, on the one that was seen first (the largest)."""
    tracks: dict[int, list[Verdict]] = {}
    for item in judged:
        if item.verdict:
            tracks.setdefault(item.face.track, []).append(item.verdict)
    return max(tracks.values(), key=len, default=[])
