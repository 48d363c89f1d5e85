"""Draw the bands of a verdict from 0 to 1 with the score marked."""

from __future__ import annotations

import plotly.graph_objects as go

# Light in both themes, with dark words: a theme that is switched live changes neither.
TINTS, INK = ("#a6cde6", "#cfcfcf", "#f2bd9b"), "#1c1f23"
WORDS = ("not manipulated", "inconclusive", "manipulated")
MARKER = {"symbol": "triangle-down", "size": 15, "color": "#E69F00", "line": {"width": 1.5, "color": "#222222"}}


def band_scale(value: float, bands: tuple[float, float], *, interval: tuple[float, float] | None = None) -> go.Figure:
    """Draw the three bands with a score in [0, 1].

    A word that does not fit into its band is left out.

    Args:
        value: the score.
        bands: the two thresholds.
        interval: of the score, drawn as a line.
    """
    figure, (low, high) = go.Figure(), bands
    ends = ((0, low), (low, high), (high, 1))
    for (start, stop), word, tint in zip(ends, WORDS, TINTS, strict=True):
        figure.add_bar(
            x=[stop - start],
            base=[start],
            y=[0.5],
            width=1,
            orientation="h",
            text=word,
            textposition="inside",
            insidetextanchor="middle",
            insidetextfont={"color": INK},
            textangle=0,
            hoverinfo="skip",
            marker={"color": tint, "line": {"width": 0}},
        )
    if interval:
        line = {"color": INK, "width": 3}
        figure.add_scatter(x=list(interval), y=[0.13, 0.13], mode="lines", line=line, hoverinfo="skip")
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
        range=[-0.03, 1.03],  # the mark is whole at both ends
        tickvals=[0, low, high, 1],
        ticktext=["0", f"{low:.2f}", f"{high:.2f}", "1"],
        fixedrange=True,
        showgrid=False,
    )
