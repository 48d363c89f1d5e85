"""Hold a bar with numbers under it, drawn without a plotting library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...types.arrays import check


@dataclass(frozen=True, slots=True, eq=False)
class ScaleBar:
    """Hold a horizontal bar; places are shares of its length in [0, 1].

    parts: where each starts and stops, its CSS background, and its word or "".
    ticks: places and their words.
    mark: place of a marker above the bar, or None.
    line: both ends of an interval, or None.
    hover: text on hover.
    """

    parts: tuple[tuple[float, float, str, str], ...]
    ticks: tuple[tuple[float, str], ...]
    mark: float | None = None
    line: tuple[float, float] | None = None
    hover: str = ""

    def __post_init__(self) -> None:
        places = [place for part in self.parts for place in part[:2]] + [place for place, _ in self.ticks]
        places += [] if self.mark is None else [self.mark]
        places += self.line or ()
        check(all(0 <= place <= 1 for place in places), "places on a scale bar are shares in [0, 1]", places)

    def record(self) -> dict[str, Any]:
        """Return it as the browser reads it."""
        return {
            "parts": [dict(zip(("start", "stop", "colour", "word"), part, strict=True)) for part in self.parts],
            "ticks": [{"at": place, "word": word} for place, word in self.ticks],
            "mark": self.mark,
            "line": None if self.line is None else list(self.line),
            "hover": self.hover,
        }
