"""Draw comparisons of maps: similarity, face regions, groups of pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
import plotly.graph_objects as go
from PIL import Image, ImageDraw, ImageFont

from ...media.images import to_uint8
from ...types import Array
from .colours import COLOURS
from .grouped_bars import GroupedBars

# Of Okabe and Ito those that mean nothing elsewhere in Prosopon, in the order of the regions.
PALETTE = ("#56B4E9", "#009E73", "#E69F00", "#F0E442", "#7F5AA8", "#4D4D4D")
SIDES = {"clean": "#5F7385", "attacked": COLOURS["attacked"]}
EDGE = (25, 25, 25)  # the line between two regions
CHOSEN, OTHERS = "#E69F00", "#8296A8"  # critical pixels, and all others
CLEAR = {"paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)"}


def regions_on(crop: Array, index: Array, names: Sequence[str]) -> Array:
    """Colour the regions (H, W) of a crop (H, W, 3) uint8, with borders and names."""
    paint = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in PALETTE], np.float32)[index]
    mixed = np.rint(0.62 * to_uint8(crop) + 0.38 * paint).astype(np.uint8)
    scale = max(1, round(480 / max(crop.shape[:2])))
    large = np.ascontiguousarray(np.kron(mixed, np.ones((scale, scale, 1), np.uint8)))
    label = np.kron(index, np.ones((scale, scale), index.dtype))
    large[between(label)] = EDGE
    image = Image.fromarray(large)
    pen, size = ImageDraw.Draw(image), round(max(large.shape[:2]) / 30)
    for number, name in enumerate(names):
        if place := _middle(label == number):
            pen.text(
                place,
                name,
                (20, 20, 20),
                ImageFont.load_default(size),
                "mm",
                stroke_width=max(1, size // 6),
                stroke_fill=(255, 255, 255),
            )
    return np.asarray(image)


def between(index: Array) -> Array:
    """Mask the borders between regions (H, W).

    Pixels whose upper or left neighbour is of another region.
    """
    edge = np.zeros(index.shape, bool)
    edge[1:] |= index[1:] != index[:-1]
    edge[:, 1:] |= index[:, 1:] != index[:, :-1]
    return edge


def _middle(mask: Array) -> tuple[int, int] | None:
    """Return the point (x, y) of a region that lies deepest inside it."""
    if not mask.any():
        return None
    depth = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 3)
    row, column = np.unravel_index(int(np.argmax(depth)), depth.shape)
    return int(column) - 1, int(row) - 1


def region_bars(
    regions: Sequence[str], area: Sequence[float], rows: Mapping[str, Sequence[float | None]]
) -> GroupedBars:
    """Draw each region's share of relevance as bars, its area as a line.

    Args:
        regions: names.
        area: shares of the crop, in [0, 1].
        rows: "clean" and "attacked" to shares of relevance.
    """
    bars = {name: (SIDES[name], tuple(values)) for name, values in rows.items()}
    return GroupedBars(tuple(regions), bars, tuple(area), "share of area", "share of |relevance|")


def pixels_on(crop: Array, chosen: Array) -> Array:
    """Mark chosen pixels (H, W) in orange on the grey crop (H, W, 3) uint8, enlarged."""
    grey = cv2.cvtColor(to_uint8(crop), cv2.COLOR_RGB2GRAY)[..., None].repeat(3, 2)
    out = np.rint(0.55 * grey + 0.45 * 255).astype(np.uint8)  # paler, so that the pixels stand out
    out[chosen] = [int(CHOSEN[i : i + 2], 16) for i in (1, 3, 5)]
    scale = max(1, round(480 / max(crop.shape[:2])))
    return np.ascontiguousarray(np.kron(out, np.ones((scale, scale, 1), np.uint8)))


def group_means(means: Sequence[float], deviations: Sequence[float], names: Sequence[str]) -> go.Figure:
    """Draw the mean absolute value of critical and other pixels, with standard deviations."""
    figure = go.Figure(
        go.Bar(
            x=list(names),
            y=list(means),
            marker_color=[CHOSEN, OTHERS],
            width=0.5,
            error_y={"type": "data", "array": list(deviations), "thickness": 1.2},
            hovertemplate="%{x}<br>mean %{y:.3e}<extra></extra>",
        )
    )
    figure.update_layout(height=270, margin={"l": 60, "r": 10, "t": 10, "b": 30}, showlegend=False, **CLEAR)
    figure.update_yaxes(exponentformat="power", title="mean |SHAP value|", fixedrange=True)
    return figure.update_xaxes(fixedrange=True)


def group_histograms(edges: Array, groups: Mapping[str, Array]) -> go.Figure:
    """Draw histograms over the same bins.

    `edges`: (N + 1,); `groups`: name to the share (N,) of its pixels in each bin.
    """
    middles, widths = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    figure = go.Figure()
    for (name, values), colour in zip(groups.items(), (CHOSEN, OTHERS), strict=False):
        figure.add_bar(
            x=middles,
            y=values,
            width=widths,
            name=name,
            marker_color=colour,
            opacity=0.65,
            hovertemplate="SHAP value %{x:.2e}<br>%{y:.2%} of the group<extra>" + name + "</extra>",
        )
    figure.update_layout(
        height=270,
        margin={"l": 60, "r": 10, "t": 30, "b": 40},
        barmode="overlay",
        bargap=0,
        legend={"orientation": "h", "y": 1.14},
        **CLEAR,
    )
    figure.update_yaxes(type="log", title="share of its group", tickformat="~%", dtick=1, fixedrange=True)
    return figure.update_xaxes(title="SHAP value", exponentformat="power", fixedrange=True)


def top_pixels(top: Sequence[tuple[int, int, float]]) -> go.Figure:
    """Draw the pixels (row, column, value) with the largest absolute values as bars."""
    names = [f"{row}, {column}" for row, column, _ in top]
    figure = go.Figure(
        go.Bar(
            x=names,
            y=[value for *_, value in top],
            marker_color=CHOSEN,
            hovertemplate="row, column %{x}<br>SHAP value %{y:.3e}<extra></extra>",
        )
    )
    figure.update_layout(height=270, margin={"l": 60, "r": 10, "t": 10, "b": 70}, showlegend=False, **CLEAR)
    figure.update_yaxes(exponentformat="power", title="SHAP value", fixedrange=True)
    return figure.update_xaxes(title="row, column", type="category", tickangle=-60, fixedrange=True)
