"""Figures for paper, through Matplotlib, and raw values."""

from __future__ import annotations

import io
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from ..types import Array
from .maps import colour_map


def grid_pdf(
    rows: Sequence[tuple[str, Array, Sequence[Array]]],
    titles: Sequence[str],
    *,
    signed: Sequence[bool],
    scales: Sequence[float],
    kind: str = "pdf",
) -> bytes:
    """Methods in columns, one row a face: (label, crop, maps) as PDF, SVG or PNG, 170 mm wide (two columns)."""
    columns, width = len(titles) + 1, 170 / 25.4
    cell = width / columns
    figure = Figure(figsize=(width, cell * len(rows) + 0.35))
    grid = figure.subplots(len(rows), columns, squeeze=False)
    for (label, crop, maps), axes in zip(rows, grid, strict=True):
        axes[0].imshow(crop)
        axes[0].set_ylabel(label, fontsize=7)
        for axis, values, sign, scale in zip(axes[1:], maps, signed, scales, strict=True):
            axis.imshow(colour_map(values, signed=sign, scale=scale))
    for axis, title in zip(grid[0], ("Face", *titles), strict=True):
        axis.set_title(title, fontsize=6)
    for axis in grid.ravel():
        axis.set_xticks([])
        axis.set_yticks([])
    figure.subplots_adjust(
        left=0.03, right=0.995, top=1 - 0.3 / figure.get_figheight(), bottom=0.01, wspace=0.04, hspace=0.04
    )
    buffer = io.BytesIO()
    with mpl.rc_context({"pdf.fonttype": 42, "svg.fonttype": "none"}):
        figure.savefig(buffer, format=kind, dpi=300)
    return buffer.getvalue()


def npy_bytes(values: Array) -> bytes:
    """An array as the bytes of a .npy file: raw values, nothing rounded."""
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()
