"""Hold a matrix of coloured numbers, drawn without a plotting library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...types.arrays import check
from ..text import signed_number
from .colour_maps import DIVERGING, colormap

DARK, LIGHT = "#000000", "#ffffff"  # of numbers on a colour, whichever is read better


@dataclass(frozen=True, slots=True, eq=False)
class NumberMatrix:
    """Hold values of pairs.

    names: of rows and columns; values: rows of them, None leaves a cell blank; reasons: said on hover, one a cell; low:
    the lower end of the colours, 0 or -1; the upper one is 1.
    """

    names: tuple[str, ...]
    values: Sequence[Sequence[float | None]]
    reasons: Sequence[Sequence[str]]
    low: float

    def __post_init__(self) -> None:
        count, sizes = len(self.names), {len(row) for row in (self.values, self.reasons, *self.values, *self.reasons)}
        check(sizes <= {count}, f"a matrix of {count} names has as many rows and columns", sorted(sizes))
        check(self.low in (0, -1), "the lower end of a matrix is 0 or -1", self.low)

    def record(self) -> dict[str, Any]:
        """Return it as the browser reads it."""
        cells = [
            [self._cell(*pair) for pair in zip(values, reasons, strict=True)]
            for values, reasons in zip(self.values, self.reasons, strict=True)
        ]
        ends = [f"{end:g}".replace("-", "\N{MINUS SIGN}") for end in (self.low, 1.0)]
        steps = [self._colour(self.low + (1 - self.low) * step / 8)[0] for step in range(9)]
        return {"names": list(self.names), "cells": cells, "ends": ends, "scale": steps}

    def _cell(self, value: float | None, reason: str) -> dict[str, str]:
        if value is None:
            return {"word": "", "colour": "", "ink": "", "about": reason}
        colour, ink = self._colour(value)
        return {
            "word": signed_number(value, 2),
            "colour": colour,
            "ink": ink,
            "about": reason,
        }

    def _colour(self, value: float) -> tuple[str, str]:
        """Return the colour of a value, and that of the number on it."""
        part = min(1.0, max(0.0, (value - self.low) / (1 - self.low)))
        red, green, blue, _ = colormap("cividis" if self.low == 0 else DIVERGING)(part)
        name = "#" + "".join(f"{round(255 * c):02x}" for c in (red, green, blue))
        return name, ink_on((red, green, blue))


def ink_on(colour: tuple[float, float, float]) -> str:
    """Choose black or white for a number on a colour, RGB in [0, 1]."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    bright = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return DARK if bright > 0.179 else LIGHT
