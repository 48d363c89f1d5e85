"""Draw the quantiles of a layer's units before and after an attack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from .comparisons import CLEAR, SIDES


def study_boxes(units: Mapping[str, tuple[Sequence[float], Sequence[float]]], *, attack: str) -> go.Figure:
    """Draw a box for each unit, clean beside attacked.

    units: name -> 5, 25, 50, 75 and 95 % before and after; `attack`: its name.
    """
    figure = go.Figure()
    for number, (who, ink) in enumerate(SIDES.items()):
        low, first, middle, third, high = zip(*(both[number] for both in units.values()), strict=True)
        figure.add_box(
            x=list(units),
            lowerfence=low,
            q1=first,
            median=middle,
            q3=third,
            upperfence=high,
            name=who if who == "clean" else attack,
            marker_color=ink,
        )
    figure.update_layout(
        height=340,
        margin={"l": 50, "r": 10, "t": 30, "b": 30},
        boxmode="group",
        legend={"orientation": "h", "y": 1.12},
        **CLEAR,
    )
    figure.update_yaxes(title="activation", fixedrange=True)
    return figure.update_xaxes(fixedrange=True)
