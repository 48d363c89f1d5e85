"""Draw a study's shares against epsilon, with the paper's beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from .sweep_curves import INKS, MARKS

Points = Sequence[tuple[float, float]]


def study_lines(measured: Mapping[str, Points], printed: Mapping[str, Points]) -> go.Figure:
    """Draw measured shares as solid lines, the paper's as dashed ones.

    measured, printed: attack -> (epsilon in [0, 1], share in [0, 1]), ascending by epsilon.
    """
    figure = go.Figure()
    for dash, who, lines in (("solid", "", measured), ("dot", ", paper", printed)):
        for number, (name, points) in enumerate(lines.items()):
            ink = INKS[number % len(INKS)]
            figure.add_scatter(
                x=[eps for eps, _ in points],
                y=[share for _, share in points],
                mode="lines+markers",
                name=f"{name}{who}",
                cliponaxis=False,
                line={"color": ink, "dash": dash, "width": 2},
                marker={"symbol": MARKS[number % len(MARKS)] + ("-open" if who else ""), "size": 9, "color": ink},
                hovertemplate=f"{name}{who}, epsilon %{{x:g}}: %{{y:.1%}}<extra></extra>",
            )
    figure.update_layout(
        height=400,
        margin={"l": 50, "r": 10, "t": 10, "b": 60},
        hovermode="closest",
        legend={"orientation": "h", "yanchor": "top", "y": -0.2, "x": 0},
    )
    figure.update_yaxes(title="robust accuracy", range=[-0.03, 1.03], tickformat=".0%", fixedrange=True)
    return figure.update_xaxes(title="epsilon, of [0, 1]", fixedrange=True)
