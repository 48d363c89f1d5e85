"""A sheet of pictures for paper: how they are laid out, measured and drawn, all lengths in millimetres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ..types import Array, InputError
from .lettering import POINT, fitted, width_of
from .maps import colour_map, short_number

WIDTHS = (40.0, 300.0)  # millimetres that may be asked for
LEAST_CELL, MOST_HEIGHT = 8.0, 240.0  # millimetres: a smaller map shows nothing, a higher figure leaves the page
FONTS = {"serif": "STIXGeneral", "sans": "DejaVu Sans"}  # both come with Matplotlib: the same figure on any machine
LABEL, GAP, BAR, EDGE = 4.2, 1.0, 1.3, 0.6  # millimetres: of row labels, between cells, of a colour bar, of the rim
LEAST_TYPE = 5.0  # points: what journals take at the least
LINE = 1.22  # of the type's size: from one line to the next


@dataclass(frozen=True, slots=True)
class PaperLayout:
    """How the figure is laid out.

    `width` in millimetres; `transposed`: methods in rows and faces in columns, else the other way round; `difference`:
    the two faces (later minus earlier) whose difference is drawn, or None; `shared`: one scale a method, else one for
    each map; `strength` of the map over the grey face in [0, 1]; `factor` that the faces' difference is multiplied by;
    `lines`: the small lines under pictures; `points`: of the titles (the rest is one point smaller, at least 5).
    """

    width: float = 170.0
    transposed: bool = False
    difference: tuple[int, int] | None = (0, 1)
    shared: bool = True
    strength: float = 1.0
    factor: int = 8
    lines: bool = True
    font: str = "serif"
    points: float = 7.0
    dpi: int = 300

    def __post_init__(self) -> None:
        low, high = WIDTHS
        if not low <= self.width <= high:
            raise InputError(f"a figure is {low:g} to {high:g} mm wide; what came is {self.width:g} mm")
        if self.font not in FONTS:
            raise InputError(f"the type of a figure is one of {', '.join(FONTS)}; what came is {self.font!r}")

    @property
    def small(self) -> float:
        """The size of the small type, in points."""
        return max(LEAST_TYPE, self.points - 1)


@dataclass(frozen=True, slots=True, eq=False)
class Bar:
    """A colour bar: of signed values or not, from `-scale` or 0 to `scale`, under `span` cells."""

    signed: bool
    scale: float
    span: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """A picture (H, W, 3) uint8 with the lines and the colour bar under it."""

    image: Array
    lines: tuple[str, ...] = ()
    bar: Bar | None = None


def drawn(rows: Sequence[Sequence[Cell]], heads: Sequence[str], sides: Sequence[str], layout: PaperLayout) -> Figure:
    """The cells with titles above the columns and beside the rows.

    Raises `InputError` where the cells would be too small to be read, or the figure higher than a page.
    """
    count, face = len(heads), FONTS[layout.font]
    cell = (layout.width - LABEL - 2 * EDGE - GAP * (count - 1)) / count
    if cell < LEAST_CELL:
        raise InputError(
            f"{count} pictures side by side in {layout.width:g} mm are {cell:.1f} mm wide each, and {LEAST_CELL:g} mm "
            "are needed: choose fewer maps, a wider figure, or the other way round"
        )
    titles, size = fitted(heads, cell, points=layout.points, least=LEAST_TYPE, face=face)
    notes, small = _notes(rows, cell, layout)
    above = EDGE + size * POINT * LINE * max(map(len, titles)) + 0.6
    bars = [_bar_top(row, texts, small * POINT * LINE) for row, texts in zip(rows, notes, strict=True)]
    heights = [cell + _under(texts, bar, small * POINT * LINE) for texts, bar in zip(notes, bars, strict=True)]
    height = above + sum(heights) + GAP * (len(rows) - 1) + EDGE
    if height > MOST_HEIGHT:
        raise InputError(
            f"the figure would be {height:.0f} mm high, and a page holds {MOST_HEIGHT:g} mm: choose fewer maps, a "
            "narrower figure, or the other way round"
        )
    sheet = _Sheet(layout, height, cell, small)
    for number, lines in enumerate(titles):
        for place, text in enumerate(reversed(lines)):  # on one base line, above the pictures
            sheet.text(sheet.left(number) + cell / 2, above - 1.1 - place * size * POINT * LINE, text, size)
    top = above
    for row, texts, side, deep, bar in zip(rows, notes, sides, heights, bars, strict=True):
        sheet.row(top, row, texts, side, bar)
        top += deep + GAP
    return sheet.figure


def _notes(rows: Sequence[Sequence[Cell]], cell: float, layout: PaperLayout) -> tuple[list[list[list[str]]], float]:
    """The lines under each cell, broken to its width, and the one size of type, in points, that they all have."""
    texts = [text for row in rows for one in row for text in one.lines]
    lines, size = fitted(texts, cell, points=layout.small, least=LEAST_TYPE, face=FONTS[layout.font])
    broken = iter(lines)
    return [[[line for _ in one.lines for line in next(broken)] for one in row] for row in rows], size


def _under(texts: Sequence[Sequence[str]], bar: float, line: float) -> float:
    """What a row needs below its pictures: for lines, and for bars that begin `bar` below the pictures."""
    return max(line * max(map(len, texts)) + 0.5 * any(texts), bar + BAR + 1.1 + line if bar else 0.0)


def _bar_top(row: Sequence[Cell], texts: Sequence[Sequence[str]], line: float) -> float:
    """How far under a row's pictures its colour bars begin: below the lines of all that a bar lies under; 0: none."""
    deep = 0.0
    for number, cell in enumerate(row):
        if cell.bar:
            lines = max(map(len, texts[number : number + cell.bar.span]))
            deep = max(deep, line * lines + (0.9 if lines else 0.7))
    return deep


class _Sheet:
    """A figure that is drawn on in millimetres from its upper left corner, with cells of one width."""

    def __init__(self, layout: PaperLayout, height: float, cell: float, small: float) -> None:
        self.layout, self.wide, self.high, self.cell, self.small = layout, layout.width, height, cell, small
        self.face = FONTS[layout.font]
        self.figure = Figure(figsize=(layout.width / 25.4, height / 25.4))

    def left(self, number: int) -> float:
        """Where a column begins."""
        return LABEL + EDGE + number * (self.cell + GAP)

    def row(
        self, top: float, row: Sequence[Cell], texts: Sequence[Sequence[str]], side: str, bar: float
    ) -> None:  # fmt: skip
        """A row of pictures with its name, and the lines and the bars under them."""
        self.side(top + self.cell / 2, side, self.cell)
        for number, (one, lines) in enumerate(zip(row, texts, strict=True)):
            left = self.left(number)
            self.picture(left, top, self.cell, one.image)
            for place, text in enumerate(lines):
                base = top + self.cell + 0.4 + self.small * POINT * LINE * (place + 0.85)
                self.text(left + self.cell / 2, base, text, self.small)
            if one.bar:
                self.bar(left, top + self.cell + bar, self.cell * one.bar.span + GAP * (one.bar.span - 1), one.bar)

    def text(self, x: float, y: float, text: str, points: float, **more: Any) -> None:
        """One line of type, by default centred on `x`, its base line at `y`."""
        style: dict[str, Any] = {
            "ha": "center",
            "va": "baseline",
            "family": [self.face, "DejaVu Sans"],
            "fontsize": points,
        }
        style |= {"parse_math": False} | more
        self.figure.text(x / self.wide, 1 - y / self.high, text, **style)

    def side(self, y: float, text: str, length: float) -> None:
        """A row's name, turned upwards at the left."""
        lines, size = fitted([text], length, points=self.layout.points, least=LEAST_TYPE, face=self.face, most=2)
        style: dict[str, Any] = {"rotation": 90, "va": "center", "ha": "center", "linespacing": 1.0}
        self.text(EDGE + (LABEL - 0.6) / 2, y, "\n".join(lines[0]), size if len(lines[0]) == 1 else LEAST_TYPE, **style)

    def _axes(self, left: float, top: float, wide: float, high: float) -> Any:
        place = (left / self.wide, 1 - (top + high) / self.high, wide / self.wide, high / self.high)
        axes = self.figure.add_axes(place, xticks=[], yticks=[])
        for spine in axes.spines.values():
            spine.set_linewidth(0.3)
        return axes

    def picture(self, left: float, top: float, side: float, image: Array) -> None:
        """A picture in a square; its own pixels go into the file."""
        self._axes(left, top, side, side).imshow(image, interpolation="none", aspect="auto")

    def bar(self, left: float, top: float, wide: float, bar: Bar) -> None:
        """A colour bar with its numbers under it: both ends, and zero where there is room."""
        room = min(wide, 40.0)
        left += (wide - room) / 2
        low = -bar.scale if bar.signed else 0.0
        ramp = colour_map(np.linspace(low, bar.scale, 256, dtype=np.float32)[None], signed=bar.signed, scale=bar.scale)
        self._axes(left, top, room, BAR).imshow(ramp, interpolation="none", aspect="auto")
        base, end = top + BAR + 0.55 + self.small * POINT * 0.85, _printed(bar.scale)
        first, size = _printed(low), self.small
        taken = [width_of(text, points=size, face=self.face) for text in (first, end, "0", "n")]
        if taken[0] + taken[1] + 2 * taken[3] > room:  # both ends in one number
            self.text(left + room / 2, base, f"± {end}" if bar.signed else f"0 to {end}", size, parse_math=True)
            return
        self.text(left, base, first, size, ha="left", parse_math=True)
        self.text(left + room, base, end, size, ha="right", parse_math=True)
        if bar.signed and 2 * max(taken[:2]) + taken[2] + 2 * taken[3] <= room:
            self.text(left + room / 2, base, "0", size)


def _printed(value: float) -> str:
    """A number of a colour bar; powers of ten as mathematics, because the typefaces lack raised signs."""
    digits, _, power = short_number(value).partition("·10")
    raised = power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    return f"${digits}\\cdot10^{{{raised}}}$" if power else digits
