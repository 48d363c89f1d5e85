"""Colour maps: scales, overlays, the colour bar, numbered boxes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import cv2
import numpy as np

from ...media.images import to_uint8
from ...types import Array, Box
from .colours import COLOURS
from .scale_bar import ScaleBar

DIVERGING, SEQUENTIAL = "RdBu_r", "inferno"


def scale_of(maps: Sequence[Array], *, quantile: float = 0.995) -> float:
    """Return a shared colour bar's end: a high quantile of all |map|.

    The maximum would hide the rest.
    """
    values = np.concatenate([np.abs(m).ravel() for m in maps])
    return max(float(np.quantile(values, quantile)), 1e-12)


def short_number(value: float) -> str:
    """Format a number with two digits and, if needed, a power of ten.

    Such as "4.1·10⁻⁵".
    """
    if value == 0:
        return "0"
    digits, power = f"{value:.1e}".split("e")
    if -3 <= int(power) <= 2:
        return f"{float(f'{value:.1e}'):.{max(0, 1 - int(power))}f}".replace("-", "\N{MINUS SIGN}")
    raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{digits}·10{raised}".replace("-", "\N{MINUS SIGN}")


@cache
def colormap(name: str) -> Any:
    """Return one of matplotlib's colour maps."""
    import matplotlib  # here: a page without a map waits for none of it

    return matplotlib.colormaps[name]


def colour_map(values: Array, *, signed: bool, scale: float | None = None) -> Array:
    """Colour a map (H, W) as (H, W, 3) uint8: diverging when signed, else sequential."""
    reach = scale or scale_of([values])
    part = values / reach
    name, where = (DIVERGING, part / 2 + 0.5) if signed else (SEQUENTIAL, part)
    return to_uint8(colormap(name)(np.clip(where, 0, 1))[..., :3].astype(np.float32))


def overlay(crop: Array, values: Array, *, signed: bool, strength: float, scale: float | None = None) -> Array:
    """Blend the coloured map over the grey crop.

    Args:
        crop: (H, W, 3).
        values: (H, W).
        signed: whether the colours diverge about zero.
        strength: 0 shows the crop alone, 1 the map alone.
        scale: end of the colours; by default the map's own.
    """
    grey = cv2.cvtColor(to_uint8(crop), cv2.COLOR_RGB2GRAY)[..., None].repeat(3, 2).astype(np.float32)
    colours = colour_map(values, signed=signed, scale=scale).astype(np.float32)
    return np.rint((1 - strength) * grey + strength * colours).astype(np.uint8)


def colour_bar(*, signed: bool, scale: float) -> ScaleBar:
    """Draw a colour bar with its numbers: both ends, and zero between them."""
    values = (-scale, 0.0, scale) if signed else (0.0, scale)
    ticks = tuple((i / (len(values) - 1), short_number(value)) for i, value in enumerate(values))
    return ScaleBar(((0.0, 1.0, _gradient(signed), ""),), ticks)


@cache
def _gradient(signed: bool) -> str:
    """Return the colours as a gradient of CSS."""
    stops = ", ".join(f"{colour} {100 * place:.4g}%" for place, colour in plotly_scale(signed))
    return f"linear-gradient(to right, {stops})"


def plotly_scale(signed: bool) -> list[tuple[float, str]]:
    """Return the colours as rgb() strings.

    Streamlit's theme takes the darkest hexadecimal ones for names of its own.
    """
    colours = colormap(DIVERGING if signed else SEQUENTIAL)(np.linspace(0, 1, 17), bytes=True)
    return [(i / 16, f"rgb({r},{g},{b})") for i, (r, g, b, _) in enumerate(colours.tolist())]


def boxes_on(
    frame: Array, boxes: Sequence[Box], labels: Sequence[str], *, kinds: Sequence[str], chosen: int | None = None
) -> Array:
    """Draw numbered boxes on a frame (H, W, 3) uint8; the chosen one is thicker.

    Args:
        frame: is not changed.
        boxes: (left, top, right, bottom) in pixels.
        labels: one a box.
        kinds: of the verdict on each, whose colour it has: a key of `COLOURS`.
        chosen: index of a box.
    """
    out = np.ascontiguousarray(frame).copy()
    unit = max(1, round(max(out.shape[:2]) / 400))
    for i, (box, label) in enumerate(zip(boxes, labels, strict=True)):
        corner = tuple(round(v) for v in box[:2])
        colour = _rgb(COLOURS[kinds[i]])
        for ink, extra in (((0, 0, 0), 2), (colour, 0)):  # a dark rim keeps the box visible on any image
            thick = (2 if i == chosen else 1) * unit + extra
            cv2.rectangle(out, corner, tuple(round(v) for v in box[2:]), ink, thick)
            where = (corner[0] + 4 * unit, corner[1] + 14 * unit)
            cv2.putText(out, label, where, cv2.FONT_HERSHEY_SIMPLEX, 0.45 * unit, ink, unit + extra, cv2.LINE_AA)
    return out


def _rgb(colour: str) -> tuple[int, int, int]:
    """Turn "#rrggbb" into red, green and blue."""
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return red, green, blue
