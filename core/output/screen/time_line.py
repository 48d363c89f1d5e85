"""Hold a video's scores over time, drawn without a plotting library."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...types.arrays import check
from ..text import clock
from .colours import BANDS, COLOURS, Bands
from .score_plots import score_title

DASHES = ("", "8 5", "2 4", "8 4 2 4")  # of the lines, in turn
SHAPES = ("circle", "square", "diamond", "cross", "x", "up", "down")  # of their points, in turn
TICKS = 8  # at most
PLAIN = 0.5  # score at which an uncalibrated detector's outputs are even


@dataclass(frozen=True, slots=True, eq=False)
class TimeLine:
    """Hold one line a face track over the frames, with the bands' colours behind.

    tracks: number to (frames, scores in [0, 1], words of bands).
    fps: frames per second; 0 where it is not known.
    bands: thresholds of the detector.
    chosen: (track, frame) in focus.
    """

    tracks: Mapping[int, tuple[Sequence[int], Sequence[float], Sequence[str]]]
    fps: float
    bands: Bands
    chosen: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        lengths = [[len(part) for part in points] for points in self.tracks.values()]
        check(all(len(set(three)) == 1 for three in lengths), "each frame has a score and a word", lengths)
        scores = [score for _, row, _ in self.tracks.values() for score in row if not 0 <= score <= 1]
        check(not scores, "scores are in [0, 1]", scores)

    def record(self) -> dict[str, Any]:
        """Return it as the browser reads it."""
        lines = [self._line(place, track) for place, track in enumerate(sorted(self.tracks))]
        frames = [frame for frames, _, _ in self.tracks.values() for frame in frames]
        first, last = min(frames, default=0), max(frames, default=0)
        return {
            "tracks": lines,
            "bands": self._bands(),
            "even": None if self.bands else PLAIN,
            "ticks": time_ticks(first, last, self.fps),
            "ends": [first, last],
            "across": "time" if self.fps else "frame",
            "up": score_title(self.bands),
            "chosen": None if self.chosen is None else self.chosen[1],
        }

    def _line(self, place: int, track: int) -> dict[str, Any]:
        frames, scores, words = self.tracks[track]
        return {
            "track": track,
            "name": f"Face {track + 1}",
            "dash": DASHES[place % len(DASHES)],
            "shape": SHAPES[place % len(SHAPES)],
            "behind": self.chosen is not None and track != self.chosen[0],
            "points": [
                {"frame": frame, "score": score, "colour": COLOURS[BANDS[word]], "said": self._said(frame, score, word)}
                for frame, score, word in zip(frames, scores, words, strict=True)
            ],
        }

    def _said(self, frame: int, score: float, word: str) -> str:
        return f"{frame_words(frame, self.fps)}: {score:.3f}, {word[0].lower()}{word[1:]}"

    def _bands(self) -> list[dict[str, Any]]:
        if self.bands is None:
            return []
        low, high = self.bands
        edges = ((0.0, low, "real"), (low, high, "inconclusive"), (high, 1.0, "fake"))
        return [{"start": start, "stop": stop, "colour": COLOURS[name]} for start, stop, name in edges]


def frame_words(frame: int, fps: float) -> str:
    """Say where a frame is.

    Its time too, where `fps` (frames per second) is not 0.
    """
    return f"{clock(frame / fps)} (frame {frame})" if fps else f"frame {frame}"


def time_ticks(first: int, last: int, fps: float) -> list[dict[str, Any]]:
    """Place whole seconds, or frames, at most `TICKS` of them.

    The first frame where there is no whole second. Each has its `frame` and its `word`.
    """
    rate = fps or 1.0
    places = range(math.ceil(first / rate), int(last / rate) + 1)
    whole = places[:: max(1, -(-len(places) // TICKS))] or [first / rate]
    return [{"frame": at * rate, "word": clock(at) if fps else str(at)} for at in whole]
