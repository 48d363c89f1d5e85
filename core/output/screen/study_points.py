"""Draw the points of a study's plane by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from .sweep_curves import ink_and_mark


def study_points(groups: Mapping[str, Sequence[tuple[float, float]]]) -> go.Figure:
    """Draw groups of points with a legend.

    A click on a name hides its group.
    groups: name -> places on the plane.
    """
    figure = go.Figure()
    for number, (name, points) in enumerate(groups.items()):
        ink, mark = ink_and_mark(number)
        figure.add_scattergl(
            x=[x for x, _ in points],
            y=[y for _, y in points],
            mode="markers",
            name=f"{name} ({len(points):,})",
            marker={
                "symbol": mark,
                "size": 7,
                "opacity": 0.7,
                "color": ink,
            },
            hovertemplate=f"{name}<extra></extra>",
        )
    figure.update_layout(
        height=460,
        margin={"l": 10, "r": 10, "t": 10, "b": 40},
        legend={"orientation": "h", "yanchor": "top", "y": -0.03, "x": 0},
    )
    figure.update_xaxes(showticklabels=False, zeroline=False)
    return figure.update_yaxes(showticklabels=False, zeroline=False)
