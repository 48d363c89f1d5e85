"""Draw text, images and colour bars on a figure in millimetres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ...types import Array
from ..screen.colour_maps import colour_map, short_number
from .typography import POINT, width_of

BAR, MAX_BAR_LENGTH = 1.3, 40.0  # millimetres: the thickness of a colour bar, and the length that it has at the most
BAR_GAP, BAR_SPACING = 0.8, 1.6  # millimetres: from a bar to its numbers, and from bar to bar
LINE = 1.22  # of the type's size: from one line to the next


@dataclass(frozen=True, slots=True, eq=False)
class Bar:
    """Describe a colour bar: from `-scale` (signed) or 0 to `scale`."""

    signed: bool
    scale: float


def numbers(bar: Bar, length: float, *, points: float, face: str) -> list[tuple[float, str]]:
    """Return a colour bar's numbers with their positions in [0, 1], as room allows.

    Both ends and zero; where both ends do not fit, one number in the middle; [] where that does not fit either.

    Args:
        bar: the bar.
        length: in millimetres.
        points: size of the text.
        face: typeface.
    """
    low, end = _bar_number(-bar.scale if bar.signed else 0.0), _bar_number(bar.scale)
    both = f"\N{PLUS-MINUS SIGN} {end}" if bar.signed else f"0 to {end}"
    wide = {text: width_of(text, points=points, face=face) for text in (low, end, both, "0", "n")}
    if wide[low] + wide[end] + 1.5 * wide["n"] > length:
        return [(0.5, both)] if wide[both] <= length else []
    ends = [(0.0, low), (1.0, end)]
    roomy = bar.signed and 2 * max(wide[low], wide[end]) + wide["0"] + 3 * wide["n"] <= length
    return [*ends, (0.5, "0")] if roomy else ends


def tier_count(bars: Sequence[Bar], length: float, *, points: float, face: str) -> int:
    """Count the tiers of bars: one if they fit side by side.

    Args:
        bars: of one method.
        length: in millimetres.
        points: size of the text.
        face: typeface.
    """
    part = _part(len(bars), length)
    return 1 if all(numbers(bar, part, points=points, face=face) for bar in bars) else len(bars)


def tier_depth(points: float) -> float:
    """Return the depth of a tier of bars with its numbers, in millimetres."""
    return BAR + BAR_GAP + points * POINT * LINE


def _part(count: int, length: float) -> float:
    return min((length - BAR_SPACING * (count - 1)) / count, MAX_BAR_LENGTH)


class Canvas:
    """Hold a figure of `wide` by `high` millimetres and draw on it.

    `small`: size of the small text, in points.
    """

    def __init__(self, wide: float, high: float, *, face: str, small: float) -> None:
        self.wide, self.high, self.face, self.small = wide, high, face, small
        self.figure = Figure(figsize=(wide / 25.4, high / 25.4))

    def text(self, x: float, y: float, text: str, points: float, *, upright: bool = False, **more: Any) -> None:
        """Draw a line of text centred on `x`, its base line at `y`.

        Args:
            x: in millimetres.
            y: in millimetres, from above.
            text: one line.
            points: size.
            upright: read upwards, its base at `x`.
            more: options of Matplotlib's text.
        """
        style: dict[str, Any] = {"ha": "center", "va": "baseline", "fontsize": points, "parse_math": False}
        style |= {"family": [self.face, "DejaVu Sans"], "rotation_mode": "anchor", "rotation": 90 if upright else 0}
        self.figure.text(x / self.wide, 1 - y / self.high, text, **style | more)

    def _axes(self, left: float, top: float, wide: float, high: float) -> Any:
        place = (left / self.wide, 1 - (top + high) / self.high, wide / self.wide, high / self.high)
        axes = self.figure.add_axes(place, xticks=[], yticks=[])
        for spine in axes.spines.values():
            spine.set_linewidth(0.3)
        return axes

    def image(self, left: float, top: float, side: float, image: Array) -> None:
        """Draw an image in a square.

        Args:
            left: in millimetres.
            top: in millimetres.
            side: in millimetres.
            image: (H, W, 3) uint8.
        """
        self._axes(left, top, side, side).imshow(image, aspect="auto")

    def bars(self, left: float, top: float, length: float, bars: Sequence[Bar], *, upright: bool = False) -> None:
        """Draw colour bars along `length`, side by side or in tiers, with their numbers.

        Args:
            left: in millimetres.
            top: in millimetres.
            length: in millimetres.
            bars: of one method.
            upright: numbers at the right instead of below.
        """
        depth = tier_count(bars, length, points=self.small, face=self.face)
        part = _part(1 if depth > 1 else len(bars), length)
        whole = part if depth > 1 else len(bars) * part + (len(bars) - 1) * BAR_SPACING
        for number, bar in enumerate(bars):
            along = (length - whole) / 2 + (0 if depth > 1 else number * (part + BAR_SPACING))
            away = number * (tier_depth(self.small) + 0.4) if depth > 1 else 0.0
            if upright:
                self._upright(left + away, top + length - along - part, part, bar)
            else:
                self._lying(left + along, top + away, part, bar)

    def _lying(self, left: float, top: float, length: float, bar: Bar) -> None:
        self._axes(left, top, length, BAR).imshow(_ramp(bar)[None], aspect="auto")
        base = top + BAR + BAR_GAP + self.small * POINT * 0.75
        for place, text in numbers(bar, length, points=self.small, face=self.face):
            self.text(left + place * length, base, text, self.small, ha=_AT[place], parse_math=True)

    def _upright(self, left: float, top: float, length: float, bar: Bar) -> None:
        self._axes(left, top, BAR, length).imshow(_ramp(bar)[::-1, None], aspect="auto")
        base = left + BAR + BAR_GAP + self.small * POINT * 0.75
        for place, text in numbers(bar, length, points=self.small, face=self.face):
            at = top + (1 - place) * length
            self.text(base, at, text, self.small, upright=True, ha=_AT[place], parse_math=True)


_AT = {0.0: "left", 0.5: "center", 1.0: "right"}


def _ramp(bar: Bar) -> Array:
    """Return the colours (256, 3) of a bar from its lower end."""
    low = -bar.scale if bar.signed else 0.0
    values = np.linspace(low, bar.scale, 256, dtype=np.float32)[None]
    return colour_map(values, signed=bar.signed, scale=bar.scale)[0]


def _bar_number(value: float) -> str:
    """Format a colour bar's number; powers of ten as mathematics, as typefaces lack superscripts."""
    digits, _, power = short_number(value).partition("·10")
    raised = power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    return f"${digits}\\cdot10^{{{raised}}}$" if power else digits
