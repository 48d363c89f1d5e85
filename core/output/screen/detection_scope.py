"""Draw what the answer to "was it attacked?" finds: attack and strength by post-processing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from .colour_maps import colormap
from .number_matrix import ink_on

CLEAR = {"paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)"}
ROW = 26  # pixels


def detection_scope(
    shares: Mapping[str, Mapping[str, float | None]], counts: Mapping[str, Mapping[str, int]], columns: Sequence[str]
) -> go.Figure:
    """Draw the share of attacks found as a matrix with its numbers.

    Args:
        shares: in [0, 1] by row and column; None where no attack works there any more.
        counts: attacks that work there, by row and column.
        columns: in the order drawn.
    """
    values = [[row.get(column) for column in columns] for row in shares.values()]
    words = [["" if value is None else f"{value:.0%}" for value in row] for row in values]
    hover = [
        [
            "no attack works here" if not counts[name].get(c) else f"of {counts[name][c]} that still work"
            for c in columns
        ]
        for name in shares
    ]
    figure = go.Figure(
        go.Heatmap(
            z=np.array([[np.nan if value is None else value for value in row] for row in values], np.float32),
            x=list(columns),
            y=list(shares),
            zmin=0,
            zmax=1,
            text=words,
            customdata=hover,
            hovertemplate="%{y}, %{x}<br>found: %{text} %{customdata}<extra></extra>",
            xgap=1,
            ygap=1,
            colorscale="Cividis",
            showscale=False,
        )
    )
    _add_numbers(figure, list(columns), list(shares), values)
    figure.update_layout(height=70 + ROW * len(shares), margin={"l": 10, "r": 10, "t": 30, "b": 10}, **CLEAR)
    figure.update_xaxes(side="top", showgrid=False, fixedrange=True, automargin=True)
    return figure.update_yaxes(autorange="reversed", showgrid=False, fixedrange=True, automargin=True)


def _add_numbers(figure: go.Figure, columns: list[str], names: list[str], values: list[list[float | None]]) -> None:
    """Write each cell's number in the ink that is read on its colour."""
    cells = [
        (column, name, value)
        for name, row in zip(names, values, strict=True)
        for column, value in zip(columns, row, strict=True)
        if value is not None
    ]
    figure.add_scatter(
        x=[column for column, _, _ in cells],
        y=[name for _, name, _ in cells],
        mode="text",
        text=[f"{value:.0%}" for *_, value in cells],
        textfont={"color": [ink_on(colormap("cividis")(value)[:3]) for *_, value in cells]},
        hoverinfo="skip",
        showlegend=False,
    )
