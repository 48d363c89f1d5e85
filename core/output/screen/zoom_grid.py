"""Lay out maps side by side, to be drawn by the browser and zoomed together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Any

import cv2
import numpy as np

from ...media.images import to_uint8
from ...types import Array
from .colour_maps import DIVERGING, SEQUENTIAL, colormap, colour_bar

MAX_VALUES = 2_500_000  # values that are sent to the screen: of more or larger maps every second (third, ...) pixel
MIN_COLUMNS = 4  # of less, the rest stays empty
Address = Callable[[Array], str]  # of what the browser fetches


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


def sampling(shape: tuple[int, ...], count: int) -> int:
    """Return the step in pixels at which maps are drawn.

    `count` maps of this shape: 1 while the screen can show them all.
    """
    return max(1, ceil(sqrt(shape[0] * shape[1] * count / MAX_VALUES)))


def grid_record(
    columns: Sequence[GridColumn],
    rows: Sequence[str],
    *,
    across: int,
    strength: float,
    every_bar: bool,
    address: Address,
) -> dict[str, Any]:
    """Return a grid of maps as the browser reads it.

    It colours the maps itself: their values are fetched as float32, little-endian, images as 8-bit RGB or grey.

    Args:
        columns: of the grid.
        rows: names.
        across: columns side by side; the others go below.
        strength: of the map over the face in [0, 1] (1 where there is none).
        every_bar: a colour bar under each map, else under the last of those that share one.
        address: serves an array's bytes and tells where they are fetched.
    """
    maps = [cell for column in columns for cell in column.cells if cell is not None]
    step = sampling(maps[0].values.shape, len(maps)) if maps else 1
    return {
        "size": [maps[0].values.shape[1], maps[0].values.shape[0]] if maps else [1, 1],
        "step": step,
        "across": max(1, min(across, len(columns))),
        "slots": max(MIN_COLUMNS, min(across, len(columns))),
        "strength": strength,
        "palettes": {"signed": _palette(DIVERGING), "unsigned": _palette(SEQUENTIAL)},
        "rows": list(rows),
        "columns": [
            {
                "title": column.title,
                "mark": column.mark,
                "cells": [_cell(column, row, rows[row], step, every_bar, address) for row in range(len(rows))],
            }
            for column in columns
        ],
    }


def _cell(
    column: GridColumn, row: int, name: str, step: int, every_bar: bool, address: Address
) -> dict[str, Any] | None:
    cell = column.cells[row]
    if cell is None:
        return None
    drawn: dict[str, Any] = {
        "alt": f"{column.title}, {name}",
        "lines": [{"name": name, "value": value, "help": help} for name, value, help in cell.lines],
    }
    if cell.values.ndim == 3:
        return drawn | {"image": address(np.ascontiguousarray(to_uint8(cell.values)[::step, ::step]))}
    barred = cell.scale > 0 and (every_bar or _last(column, row))
    return drawn | {
        "values": address(np.ascontiguousarray(cell.values[::step, ::step], "<f4")),
        "signed": cell.signed,
        "scale": cell.scale,
        "face": None if cell.face is None else address(_grey(cell.face[::step, ::step])),
        "bar": colour_bar(signed=cell.signed, scale=cell.scale).record() if barred else None,
    }


def _last(column: GridColumn, row: int) -> bool:
    """Tell whether the next cell has other colours, or is missing."""
    here = column.cells[row]
    after = column.cells[row + 1] if row + 1 < len(column.cells) else None
    return here is not None and (after is None or (after.signed, after.scale) != (here.signed, here.scale))


def _grey(face: Array) -> Array:
    return cv2.cvtColor(to_uint8(face), cv2.COLOR_RGB2GRAY)


def _palette(name: str) -> str:
    """Return 256 colours as hexadecimal RGB, one after the other."""
    colours = colormap(name)(np.arange(256), bytes=True)[:, :3]
    return colours.astype(np.uint8).tobytes().hex()
