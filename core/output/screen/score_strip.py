"""Hold several detectors' scores over a video, drawn without a plotting library."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...types.arrays import check
from .colours import COLOURS, SYMBOLS
from .time_line import frame_words, time_ticks

EVEN = "#d9d9d9"  # colour of a score of one half
RAMP = (COLOURS["real"], EVEN, COLOURS["fake"])


@dataclass(frozen=True, slots=True, eq=False)
class ScoreStrip:
    """Hold a row of marks a detector.

    Colour is the score, the mark the label.

    names: of the detectors.
    rows: frame, and each detector's (score in [0, 1], label, words) or None.
    fps: frames per second; 0 where it is not known.
    apart: frames in which the detectors disagree, marked behind.
    chosen: frame in focus.
    """

    names: Sequence[str]
    rows: Sequence[tuple[int, Sequence[tuple[float, str, str] | None]]]
    fps: float
    apart: Collection[int] = ()
    chosen: int | None = None

    def __post_init__(self) -> None:
        lengths = [len(cells) for _, cells in self.rows if len(cells) != len(self.names)]
        check(not lengths, f"each frame has {len(self.names)} cells, one a detector", lengths)
        scores = [cell[0] for _, cells in self.rows for cell in cells if cell and not 0 <= cell[0] <= 1]
        check(not scores, "scores are in [0, 1]", scores)

    def record(self) -> dict[str, Any]:
        """Return it as the browser reads it."""
        frames = [frame for frame, _ in self.rows]
        first, last = min(frames, default=0), max(frames, default=0)
        return {
            "rows": [{"name": name, "points": self._points(column)} for column, name in enumerate(self.names)],
            "apart": sorted(self.apart),
            "ticks": time_ticks(first, last, self.fps),
            "ends": [first, last],
            "across": "time" if self.fps else "frame",
            "chosen": self.chosen,
            "ramp": list(RAMP),
        }

    def _points(self, column: int) -> list[dict[str, Any]]:
        cells = [(frame, cells[column]) for frame, cells in self.rows]
        return [
            {
                "frame": frame,
                "colour": ramped(cell[0]),
                "shape": SYMBOLS[cell[1]],
                "said": f"{frame_words(frame, self.fps)}: {cell[2][:1].lower()}{cell[2][1:]}",
            }
            for frame, cell in cells
            if cell
        ]


def ramped(score: float) -> str:
    """Return the colour of a score in [0, 1].

    It lies between those of both outputs, by way of grey.
    """
    ends = np.array([[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in RAMP])
    mixed = [round(float(np.interp(score, (0.0, 0.5, 1.0), channel))) for channel in ends.T]
    return "#" + "".join(f"{value:02x}" for value in mixed)
