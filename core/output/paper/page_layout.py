"""Lay out a page of images, in millimetres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from ...media.images import DIFFERENCE_FACTOR
from ...types import Array, InputError
from .canvas import LINE, Bar, Canvas, tier_count, tier_depth
from .typography import POINT, fit_text

WIDTHS = (40.0, 300.0)  # millimetres that may be asked for
MIN_CELL, MAX_HEIGHT = 8.0, 240.0  # millimetres: a smaller map shows nothing, a higher figure leaves the page
FONTS = {"serif": "STIXGeneral", "sans": "DejaVu Sans"}  # both come with Matplotlib: the same figure on any machine
CELL_GAP, EDGE, IMAGE_GAP = 1.0, 0.6, 0.9  # millimetres: between cells, of the rim, from an image to its titles or bars
NOTE = "#444444"  # the colour of the notes in titles
MIN_POINTS = 5.0  # points: what journals take at the least


@dataclass(frozen=True, slots=True)
class PaperLayout:
    """Hold the layout of the figure.

    width: in millimetres.
    transposed: methods in rows and faces in columns, else the other way round.
    differences: pairs of face indices, whose difference (second minus first) is drawn after the second.
    shared: one scale per method, else one for each map.
    strength: of the map over the grey face in [0, 1].
    factor: amplification of the faces' difference.
    lines: whether there are lines under images.
    points: size of the titles; the rest is one point smaller, at least 5.
    """

    width: float = 170.0
    transposed: bool = False
    differences: tuple[tuple[int, int], ...] = ()
    shared: bool = True
    strength: float = 1.0
    factor: int = DIFFERENCE_FACTOR
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
        if not 0 <= self.strength <= 1:
            raise InputError(f"the overlay lies between 0 and 1; what came is {self.strength:g}")

    @property
    def small(self) -> float:
        """Return the size of the small text, in points."""
        return max(MIN_POINTS, self.points - 1)


@dataclass(frozen=True, slots=True, eq=False)
class Title:
    """Hold a column's or row's name and a note on its numbers."""

    text: str
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """Hold an image (H, W, 3) uint8 with the lines and the colour bar under it."""

    image: Array
    lines: tuple[str, ...] = ()
    bar: Bar | None = None


Ends = Sequence[tuple[Bar, ...]]  # the bars of each column (below it) or of each row (at its right); empty: none


def draw_page(
    rows: Sequence[Sequence[Cell]], heads: Sequence[Title], sides: Sequence[Title], ends: Ends, layout: PaperLayout
) -> Figure:
    """Draw the cells with titles above columns and beside rows, and shared bars.

    Raises `InputError` where the cells would be too small to be read, or the figure higher than a page.

    Args:
        rows: of cells.
        heads: titles above the columns.
        sides: titles beside the rows.
        ends: shared bars of each method.
        layout: of the figure.
    """
    upright = layout.transposed and any(ends)
    lines = any(cell.lines for row in rows for cell in row)
    right = IMAGE_GAP + tier_depth(layout.small) if upright else 0.0
    side, cell = _sides(sides, len(heads), layout, right, lines=lines)
    if upright:
        right = IMAGE_GAP + _bars_depth(ends, cell, layout.small, layout)
        side, cell = _sides(sides, len(heads), layout, right, lines=lines)
    _check_cell(cell, len(heads), layout)
    head = _Titles(heads, cell, layout)
    notes, small = _notes(rows, cell, layout)
    line = small * POINT * LINE
    bars = [_bar_top(row, texts, line) for row, texts in zip(rows, notes, strict=True)]
    heights = [cell + _under(texts, bar, line) for texts, bar in zip(notes, bars, strict=True)]
    if any(ends) and not upright:
        lowest = max(len(text) for text, end in zip(notes[-1], ends, strict=True) if end)
        bars_at = cell + (line * lowest + 0.9 if lowest else IMAGE_GAP)
        heights[-1] = max(heights[-1], bars_at + _bars_depth(ends, cell, small, layout))
    above = EDGE + head.above + 0.5
    height = above + sum(heights) + CELL_GAP * (len(rows) - 1) + EDGE
    _check_height(height)
    canvas = Canvas(layout.width, height, face=FONTS[layout.font], small=small)
    lefts = [EDGE + side.beside + IMAGE_GAP + number * (cell + CELL_GAP) for number in range(len(heads))]
    tops = [above + sum(heights[:number]) + number * CELL_GAP for number in range(len(rows))]
    head.draw_above(canvas, [left + cell / 2 for left in lefts], EDGE)
    side.draw_beside(canvas, [top + cell / 2 for top in tops], EDGE + side.beside)
    for top, row, texts, bar in zip(tops, rows, notes, bars, strict=True):
        _row(canvas, lefts, top, cell, row, texts, bar)
    for number, end in enumerate(ends):
        if end and upright:
            canvas.bars(lefts[-1] + cell + IMAGE_GAP, tops[number], cell, end, upright=True)
        elif end:
            canvas.bars(lefts[number], tops[-1] + bars_at, cell, end)
    return canvas.figure


def check_size(across: int, down: int, layout: PaperLayout) -> None:
    """Raise `InputError` where so many images cannot fit, before any work."""
    room = layout.width - 2 * EDGE - CELL_GAP * (across - 1)
    _check_cell(room / across, across, layout)
    titles = 3 * (layout.points + layout.small) * POINT * LINE + 2 * tier_depth(
        layout.small
    )  # wider than they ever are
    _check_height(down * (room - titles) / across + CELL_GAP * (down - 1))


def _check_height(height: float) -> None:
    if height > MAX_HEIGHT:
        raise InputError(
            f"the figure would be {height:.0f} mm high, and a page holds {MAX_HEIGHT:g} mm: choose fewer maps, fewer "
            "faces, a narrower figure, or the other way round"
        )


def _check_cell(cell: float, count: int, layout: PaperLayout) -> None:
    if cell < MIN_CELL:
        raise InputError(
            f"{count} images side by side in {layout.width:g} mm are {cell:.1f} mm wide each, and {MIN_CELL:g} mm "
            "are needed: choose fewer maps, a wider figure, or the other way round"
        )


class _Titles:
    """Break and size the titles of columns or rows to a given length."""

    def __init__(self, titles: Sequence[Title], room: float, layout: PaperLayout, *, max_lines: int = 3) -> None:
        texts, notes = [one.text for one in titles], [one.note if layout.lines else "" for one in titles]
        face = FONTS[layout.font]
        self.lines, self.size = fit_text(
            texts, room, points=layout.points, min_points=MIN_POINTS, face=face, max_lines=max_lines
        )
        self.notes, self.small = fit_text(
            notes, room, points=layout.small, min_points=MIN_POINTS, face=face, max_lines=2
        )

    def _lines(self, number: int) -> list[tuple[str, float, str]]:
        """Return the lines of a title from its first on: text, size and colour."""
        return [(text, self.size, "black") for text in self.lines[number]] + [
            (text, self.small, NOTE) for text in self.notes[number]
        ]

    @property
    def above(self) -> float:
        """Return their height above columns, with the names' last lines aligned."""
        names, notes = max(map(len, self.lines)), max(map(len, self.notes))
        return (self.size * names + self.small * notes) * POINT * LINE

    @property
    def beside(self) -> float:
        """Return their width beside rows."""
        return max(sum(size for _, size, _ in self._lines(n)) for n in range(len(self.lines))) * POINT * LINE

    def draw_above(self, canvas: Canvas, middles: Sequence[float], top: float) -> None:
        """Draw them above columns, the names' last lines aligned."""
        max_lines = max(map(len, self.lines))
        for number, middle in enumerate(middles):
            y = top + (max_lines - len(self.lines[number])) * self.size * POINT * LINE
            for text, size, colour in self._lines(number):
                canvas.text(middle, y + 0.8 * size * POINT * LINE, text, size, color=colour)
                y += size * POINT * LINE

    def draw_beside(self, canvas: Canvas, middles: Sequence[float], right: float) -> None:
        """Draw them beside rows, read upwards."""
        for number, middle in enumerate(middles):
            x = right
            for text, size, colour in reversed(self._lines(number)):
                canvas.text(x - 0.2 * size * POINT * LINE, middle, text, size, color=colour, upright=True)
                x -= size * POINT * LINE


def _sides(
    sides: Sequence[Title], count: int, layout: PaperLayout, right: float, *, lines: bool
) -> tuple[_Titles, float]:
    """Break the titles beside the rows; return them and the width of a cell.

    `lines`: whether there are lines below the images, beside which a title may be longer than its image.
    """
    longer = layout.small * POINT * LINE if lines else 0.0
    for max_lines in (1, 2, 3):
        depth = max_lines * layout.points * POINT * LINE
        for _ in range(2):  # the second time with the room that they turned out to take
            cell = (layout.width - depth - IMAGE_GAP - right - 2 * EDGE - CELL_GAP * (count - 1)) / count
            found = _Titles(sides, max(cell, MIN_CELL) + longer, layout, max_lines=max_lines)
            depth = found.beside
        if found.size == layout.points:
            break
    return found, (layout.width - depth - IMAGE_GAP - right - 2 * EDGE - CELL_GAP * (count - 1)) / count


def _notes(rows: Sequence[Sequence[Cell]], cell: float, layout: PaperLayout) -> tuple[list[list[list[str]]], float]:
    """Break the lines under each cell to its width, with a common size."""
    texts = [text for row in rows for one in row for text in one.lines]
    lines, size = fit_text(texts, cell, points=layout.small, min_points=MIN_POINTS, face=FONTS[layout.font])
    broken = iter(lines)
    return [[[line for _ in one.lines for line in next(broken)] for one in row] for row in rows], size


def _bars_depth(ends: Ends, cell: float, points: float, layout: PaperLayout) -> float:
    """Return the room that the bars at the ends take away from the cells."""
    max_lines = max(tier_count(one, cell, points=points, face=FONTS[layout.font]) for one in ends if one)
    return max_lines * tier_depth(points) + (max_lines - 1) * 0.4


def _under(texts: Sequence[Sequence[str]], bar: float, line: float) -> float:
    """Return the room that a row needs below its images for lines and bars."""
    lines = max(map(len, texts))
    return max(line * lines + 0.5 * bool(lines), bar + tier_depth(line / POINT / LINE) if bar else 0.0)


def _bar_top(row: Sequence[Cell], texts: Sequence[Sequence[str]], line: float) -> float:
    """Return the distance from a row's images to their own colour bars."""
    lines = max((len(text) for cell, text in zip(row, texts, strict=True) if cell.bar), default=0)
    return line * lines + (0.9 if lines else 0.7) if any(cell.bar for cell in row) else 0.0


def _row(
    canvas: Canvas,
    lefts: Sequence[float],
    top: float,
    cell: float,
    row: Sequence[Cell],
    texts: Sequence[Sequence[str]],
    bar: float,
) -> None:
    """Draw a row of images, and the lines and the bars under them."""
    for left, one, lines in zip(lefts, row, texts, strict=True):
        canvas.image(left, top, cell, one.image)
        for place, text in enumerate(lines):
            canvas.text(
                left + cell / 2, top + cell + 0.4 + canvas.small * POINT * LINE * (place + 0.8), text, canvas.small
            )
        if one.bar:
            canvas.bars(left, top + cell + bar, cell, (one.bar,))
