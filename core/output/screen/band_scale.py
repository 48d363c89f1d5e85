"""Draw the bands of a verdict from 0 to 1 with the score marked."""

from __future__ import annotations

import plotly.graph_objects as go

from .colours import COLOURS

WORDS = ("not manipulated", "inconclusive", "manipulated")
MARKER = {"symbol": "triangle-down", "size": 15, "color": "#E69F00", "line": {"width": 1.5, "color": "#222222"}}


def band_scale(value: float, bands: tuple[float, float], *, text_colour: str) -> go.Figure:
    """Draw the three bands with a score in [0, 1].

    A word that does not fit into its band is left out.
    """
    figure, (low, high) = go.Figure(), bands
    ends = ((0, low, "real"), (low, high, "inconclusive"), (high, 1, "fake"))
    for (start, stop, kind), word in zip(ends, WORDS, strict=True):
        figure.add_bar(
            x=[stop - start],
            base=[start],
            y=[0.5],
            width=1,
            orientation="h",
            text=word,
            textposition="inside",
            insidetextanchor="middle",
            insidetextfont={"color": text_colour},
            textangle=0,
            hoverinfo="skip",
            marker={"color": COLOURS[kind], "opacity": 0.4, "line": {"width": 0}},
        )
    figure.add_scatter(
        x=[value], y=[0.82], mode="markers", hovertemplate="score %{x:.3f}<extra></extra>", marker=MARKER
    )
    figure.update_layout(
        height=64,
        margin={"l": 12, "r": 12, "t": 2, "b": 20},
        showlegend=False,
        barmode="overlay",
        uniformtext={"minsize": 10, "mode": "hide"},
    )
    figure.update_yaxes(visible=False, range=[0, 1], fixedrange=True)
    return figure.update_xaxes(
        range=[0, 1],
        tickvals=[0, low, high, 1],
        ticktext=["0", f"{low:.2f}", f"{high:.2f}", "1"],
        fixedrange=True,
        showgrid=False,
    )
