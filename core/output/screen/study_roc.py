"""Draw a study's ROC curves, a panel a map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from .sweep_curves import DASHES, INKS

Curve = tuple[float, Sequence[tuple[float, float]]]  # area under it, and (false alarms, found), each in [0, 1]
ACROSS = 3  # panels


def study_roc(panels: Mapping[str, Mapping[str, Curve]]) -> go.Figure:
    """Draw a panel for each map and a line for each attack.

    The diagonal is guessing.
    panels: map -> attack -> its curve.
    """
    across = min(ACROSS, len(panels))
    down = -(-len(panels) // across)
    figure = make_subplots(down, across, subplot_titles=list(panels), horizontal_spacing=0.08, vertical_spacing=0.14)
    for place, (name, curves) in enumerate(panels.items()):
        where = {"row": place // across + 1, "col": place % across + 1}
        guess = {"color": "#999999", "dash": "dot", "width": 1}
        figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line=guess, showlegend=False, hoverinfo="skip", **where)
        for number, (attack, (area, points)) in enumerate(curves.items()):
            figure.add_scatter(
                x=[x for x, _ in points],
                y=[y for _, y in points],
                mode="lines",
                name=attack,
                legendgroup=attack,
                showlegend=not place,
                line={"color": INKS[number % len(INKS)], "dash": DASHES[number % len(DASHES)], "width": 2},
                hovertemplate=f"{name}, {attack}, area {area:.3f}: %{{y:.0%}} found at %{{x:.0%}} false alarms"
                "<extra></extra>",
                **where,
            )
    figure.update_layout(
        height=60 + 300 * down,
        margin={"l": 50, "r": 10, "t": 30, "b": 60},
        hovermode="closest",
        legend={"orientation": "h", "yanchor": "top", "y": -0.12, "x": 0},
    )
    figure.update_yaxes(range=[-0.03, 1.03], tickformat=".0%", fixedrange=True)
    figure.update_yaxes(title="found", col=1)
    figure.update_xaxes(range=[-0.03, 1.03], tickformat=".0%", fixedrange=True)
    return figure.update_xaxes(title="false alarms", row=down)
