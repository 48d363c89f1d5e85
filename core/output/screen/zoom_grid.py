"""Draw maps side by side in one figure whose images zoom together."""

from __future__ import annotations

import base64
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Any, NamedTuple

import cv2
import numpy as np
import plotly.graph_objects as go

from ...media.images import encode_png, to_uint8
from ...types import Array
from .colour_maps import plotly_scale, short_number

MAX_VALUES = 2_500_000  # values that are sent to the screen: of more or larger maps every second (third, ...) pixel
WIDE, USUAL, NARROW = 1240, 1000, 730  # pixels: what screens have for the figure; it is laid out for the usual ones
SIDE, HEAD, LINE, BAR = 26, 44, 13, 30  # pixels: row names, titles, a line of small type, a colour bar with its numbers
IMAGE_GAP, FOOT = 5, 14  # pixels: from an image to its bar, and below all
BETWEEN = 0.012  # of the figure's width, from column to column
MIN_COLUMNS, WRAPPED_COLUMNS = (
    4,
    5,
)  # columns: of less the rest stays empty; up to here lines are broken for a narrow screen too


@dataclass(frozen=True, slots=True, eq=False)
class GridCell:
    """Hold a map or an image of the grid.

    values: (H, W), or (H, W, 3) for an image without a scale.
    scale: end of the map's colours.
    face: (H, W, 3) under the map.
    lines: below it: name at the left, value at the right, text on hover.
    """

    values: Array
    signed: bool = True
    scale: float = 0.0
    face: Array | None = None
    lines: Sequence[tuple[str, str, str]] = ()


@dataclass(frozen=True, slots=True, eq=False)
class GridColumn:
    """Hold a column of the grid: title, a mark under it ("other settings"), cells from above."""

    title: str
    cells: Sequence[GridCell | None]
    mark: str = ""


class Height(NamedTuple):
    """Hold the figure's height: a share of its width, and pixels for text."""

    share: float
    pixels: float


def sampling(shape: tuple[int, ...], count: int) -> int:
    """Return the step in pixels at which maps are drawn.

    `count` maps of this shape: 1 while the screen can show them all.
    """
    return max(1, ceil(sqrt(shape[0] * shape[1] * count / MAX_VALUES)))


def linked_grid(
    columns: Sequence[GridColumn],
    rows: Sequence[str],
    *,
    across: int,
    strength: float,
    every_bar: bool,
    ink: str,
) -> tuple[go.Figure, Height]:
    """Draw the columns in one figure with a shared zoom.

    Images are placed by shares of the figure, text by pixels from its image: so the figure can be drawn at any width,
    if its height follows `Height`.

    Args:
        columns: of the grid.
        rows: names.
        across: columns side by side; the others go below.
        strength: of the map over the face in [0, 1] (1 where there is none).
        every_bar: a colour bar under each map, else under the last of those that share one.
        ink: colour of the text.
    """
    across = max(1, min(across, len(columns)))
    bands = [columns[start : start + across] for start in range(0, len(columns), across)]
    maps = [cell for column in columns for cell in column.cells if cell is not None and cell.scale]
    step = sampling(maps[0].values.shape, len(maps)) if maps else 1
    slots = max(across, MIN_COLUMNS)
    share = (1 - BETWEEN * (slots - 1)) / slots  # of the width without the row names, for one image
    side = share * (USUAL - SIDE)
    figure = go.Figure()
    room = round(share * ((NARROW if slots <= WRAPPED_COLUMNS else WIDE) - SIDE) / 5)  # signs of a line
    heights = [_height(band, row, side, room, every_bar) for band in bands for row in range(len(rows))]
    height = sum(heights) + HEAD * len(bands)
    canvas = _GridCanvas(figure, height, slots, side, room, strength, ink, step)
    top = 0.0
    for number, band in enumerate(bands):
        canvas.titles(band, top)
        top += HEAD
        for row, name in enumerate(rows):
            canvas.row(band, row, name, top, every_bar)
            top += heights[number * len(rows) + row]
    figure.update_layout(annotations=canvas.texts)
    images = share * len(heights)
    return _framed(figure, height), Height(images, height + FOOT - images * USUAL)


def _framed(figure: go.Figure, height: float) -> go.Figure:
    """Set the height of the cells and the room around them."""
    return figure.update_layout(
        height=round(height) + FOOT,
        margin={"l": SIDE, "r": 0, "t": 0, "b": FOOT},
        showlegend=False,
        dragmode="zoom",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        hoverlabel={"align": "left"},
    )


def _barred(band: Sequence[GridColumn], row: int, every_bar: bool) -> list[bool]:
    """Tell for each column whether its cell in `row` has its own colour bar."""
    cells = [column.cells[row] for column in band]
    return [
        cell is not None and cell.scale > 0 and (every_bar or _last(column, row))
        for cell, column in zip(cells, band, strict=True)
    ]


def _last(column: GridColumn, row: int) -> bool:
    """Tell whether the next cell has other colours, or is missing."""
    here = column.cells[row]
    after = column.cells[row + 1] if row + 1 < len(column.cells) else None
    return here is not None and (after is None or (after.signed, after.scale) != (here.signed, here.scale))


def _lines(column: GridColumn, row: int, room: int) -> list[tuple[str, str, str]]:
    """Wrap the lines below a cell to `room` characters."""
    cell = column.cells[row]
    out: list[tuple[str, str, str]] = []
    for name, value, help in cell.lines if cell else ():
        parts = textwrap.wrap(name, room, break_long_words=False) or [""]
        said = "<br>".join(textwrap.wrap(help, 60))
        beside = len(parts[-1]) + len(value) < room
        out += [(part, value if beside and part is parts[-1] else "", said) for part in parts]
        out += [] if beside else [("", value, said)]
    return out


def _height(band: Sequence[GridColumn], row: int, side: float, room: int, every_bar: bool) -> float:
    under = [
        LINE * len(_lines(column, row, room)) + BAR * barred
        for column, barred in zip(band, _barred(band, row, every_bar), strict=True)
    ]
    return side + max(under) + 10


class _GridCanvas:
    """Draw cells into a figure, down in pixels, across in shares."""

    def __init__(
        self, figure: go.Figure, height: float, slots: int, side: float, room: int, strength: float, ink: str, step: int
    ) -> None:
        self.figure, self.height, self.slots, self.side, self.room = figure, height, slots, side, room
        self.strength, self.ink, self.step, self.drawn = strength, ink, step, 0
        self.texts: list[
            dict[str, Any]
        ] = []  # set all at once: plotly checks those before anew with each that is added

    def _span(self, number: int) -> tuple[float, float]:
        wide = (1 - BETWEEN * (self.slots - 1)) / self.slots
        return number * (wide + BETWEEN), number * (wide + BETWEEN) + wide

    def _down(self, pixels: float) -> float:
        return 1 - pixels / self.height

    def text(self, x: float, top: float, text: str, size: int = 11, *, below: float = 0, **more: Any) -> None:
        """Draw a line of text, its upper edge `below` screen pixels under `top`."""
        style = {"xanchor": "center", "yanchor": "top", "showarrow": False, "yshift": -below} | more
        font = {"size": size, "color": self.ink}
        place = {"x": x, "y": self._down(top), "xref": "paper", "yref": "paper"}
        self.texts.append({**place, "text": text, "font": font, **style})

    def titles(self, band: Sequence[GridColumn], top: float) -> None:
        """Draw the titles of a band's columns, with their marks."""
        for number, column in enumerate(band):
            low, high = self._span(number)
            self.text((low + high) / 2, top, f"<b>{column.title}</b>", 12, below=8)
            if column.mark:
                self.text((low + high) / 2, top, f"<i>{column.mark}</i>", 11, below=25)

    def row(self, band: Sequence[GridColumn], row: int, name: str, top: float, every_bar: bool) -> None:
        """Draw one row of a band: images, colour bars and lines below them."""
        bottom = top + self.side
        self.text(0, bottom, name, 12, textangle=-90, xshift=-4, xanchor="right", yanchor="bottom")
        for number, (column, barred) in enumerate(zip(band, _barred(band, row, every_bar), strict=True)):
            cell, (low, high) = column.cells[row], self._span(number)
            if cell is None:
                self.text((low + high) / 2, top + self.side / 2, "not computed", 11)
                continue
            self._image(cell, number, top, f"{column.title}, {name}")
            if barred:
                self._bar(cell, number, bottom)
            for place, (text, value, help) in enumerate(_lines(column, row, self.room)):
                for x, part, anchor in ((low, text, "left"), (high, value, "right")):
                    if part:
                        below, style = 3 + LINE * place + BAR * barred, {"xanchor": anchor, "borderpad": 0}
                        self.text(x, bottom, part, 10, below=below, hovertext=help or None, **style)

    def _image(self, cell: GridCell, number: int, top: float, name: str) -> None:
        self.drawn += 1
        suffix, step = str(self.drawn) if self.drawn > 1 else "", self.step
        high, wide = cell.values.shape[:2]
        domain = [self._down(top + self.side), self._down(top)]
        across: dict[str, Any] = {"domain": list(self._span(number))}
        down: dict[str, Any] = {"domain": domain, "scaleanchor": f"x{suffix}", "constraintoward": "bottom"}
        if suffix:
            across["matches"], down["matches"] = "x", "y"
        shared = {"visible": False, "constrain": "domain"}
        self.figure.update_layout(
            {
                f"xaxis{suffix}": {**shared, **across, "range": [-0.5, wide - 0.5], "anchor": f"y{suffix}"},
                f"yaxis{suffix}": {**shared, **down, "range": [high - 0.5, -0.5], "anchor": f"x{suffix}"},
            }
        )
        if cell.values.ndim == 3:
            self.figure.add_image(
                source=_source(to_uint8(cell.values)),
                xaxis=f"x{suffix}",
                yaxis=f"y{suffix}",
                hovertemplate=name + "<br>row %{y}, column %{x}<br>RGB %{z}<extra></extra>",
            )
            return
        if cell.face is not None:
            self.figure.add_layout_image(
                source=_grey(cell.face),
                xref=f"x{suffix}",
                yref=f"y{suffix}",
                x=-0.5,
                y=-0.5,
                sizex=wide,
                sizey=high,
                sizing="stretch",
                layer="below",
            )
        self.figure.add_heatmap(
            z=cell.values[::step, ::step],
            dx=step,
            dy=step,
            zmin=-cell.scale if cell.signed else 0.0,
            zmax=cell.scale,
            colorscale=plotly_scale(cell.signed),
            opacity=self.strength if cell.face is not None else 1.0,
            showscale=False,
            xaxis=f"x{suffix}",
            yaxis=f"y{suffix}",
            hovertemplate=name + "<br>row %{y:.0f}, column %{x:.0f}<br>%{z:.3e}<extra></extra>",
        )

    def _bar(self, cell: GridCell, number: int, bottom: float) -> None:
        """Draw a colour bar below an image, as a heat map of one row."""
        self.drawn += 1
        low, high = self._span(number)
        inset = (high - low) * 0.06
        first = -cell.scale if cell.signed else 0.0
        self.figure.update_layout(
            {
                f"xaxis{self.drawn}": {
                    "domain": [low + inset, high - inset],
                    "anchor": f"y{self.drawn}",
                    "visible": False,
                    "fixedrange": True,
                },
                f"yaxis{self.drawn}": {
                    "domain": [self._down(bottom + IMAGE_GAP + 9), self._down(bottom + IMAGE_GAP)],
                    "anchor": f"x{self.drawn}",
                    "visible": False,
                    "fixedrange": True,
                },
            }
        )
        self.figure.add_heatmap(
            z=np.linspace(first, cell.scale, 128, dtype=np.float32)[None],
            x0=first,
            dx=(cell.scale - first) / 127,
            colorscale=plotly_scale(cell.signed),
            showscale=False,
            xaxis=f"x{self.drawn}",
            yaxis=f"y{self.drawn}",
            hovertemplate="%{z:.2e}<extra></extra>",
        )
        ends = [(low + inset, first, "left"), (high - inset, cell.scale, "right")]
        if cell.signed:
            ends.append(((low + high) / 2, 0.0, "center"))
        for x, value, anchor in ends:
            self.text(x, bottom, short_number(value), 10, below=IMAGE_GAP + 11, xanchor=anchor)


def _grey(face: Array) -> str:
    return _source(cv2.cvtColor(to_uint8(face), cv2.COLOR_RGB2GRAY))


def _source(image: Array) -> str:
    return f"data:image/png;base64,{base64.b64encode(encode_png(image)).decode()}"
