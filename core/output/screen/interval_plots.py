"""Draw metrics with their intervals, and the embedding of signatures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from ...types.calibration import ReliabilityBin
from .colours import COLOURS, SYMBOLS

Dot = tuple[str, float, tuple[float, float] | None, str]  # name, value, its interval, words for the hover


def reliability(rows: Sequence[ReliabilityBin]) -> go.Figure:
    """Draw the reliability diagram, with the diagonal of perfect calibration."""
    x, y = [row.mean_p for row in rows], [row.share_fake for row in rows]
    ends = [row.interval for row in rows]
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        hoverinfo="skip",
        line={"color": COLOURS["inconclusive"], "dash": "dot", "width": 1.5},
    )
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines+markers",
        line={"color": COLOURS["inconclusive"], "width": 1},
        marker={"size": 9, "color": COLOURS["fake"], "symbol": SYMBOLS["fake"]},
        error_y=error_bars(y, ends),
        customdata=[[row.n, *row.interval] for row in rows],
        hovertemplate="said: %{x:.1%}<br>forged: %{y:.1%} (%{customdata[1]:.1%} to %{customdata[2]:.1%})"
        "<br>%{customdata[0]} faces<extra></extra>",
    )
    figure.update_layout(height=300, margin={"l": 50, "r": 10, "t": 10, "b": 40}, showlegend=False)
    for axes, title in (
        (figure.update_xaxes, "probability of “manipulated” that was said"),
        (figure.update_yaxes, "share that is forged"),
    ):
        axes(range=[-0.02, 1.02], tickformat=".0%", title=title, fixedrange=True)
    return figure


def across_corruptions(groups: Mapping[str, Sequence[Dot]], *, title: str, chance: float = 0.5) -> go.Figure:
    """Draw a metric with its intervals across conditions, by kind; chance is dotted."""
    figure = go.Figure()
    for number, (kind, dots) in enumerate(groups.items()):
        values = [value for _, value, _, _ in dots]
        figure.add_scatter(
            x=[[kind] * len(dots), [name for name, *_ in dots]],
            y=values,
            mode="lines+markers",
            name=kind,
            error_y=error_bars(values, [interval for _, _, interval, _ in dots]),
            text=[words for *_, words in dots],
            marker={"size": 9, "symbol": number % 8},
            line={"color": "#777777", "width": 1.5},
            hovertemplate="%{text}<extra></extra>",
        )
    figure.add_hline(y=chance, line={"color": COLOURS["inconclusive"], "width": 1, "dash": "dot"})
    figure.update_layout(height=330, margin={"l": 50, "r": 10, "t": 10, "b": 60}, showlegend=False)
    figure.update_yaxes(title=title, fixedrange=True)
    return figure.update_xaxes(fixedrange=True)


def add_dots(figure: go.Figure, words: str, these: Sequence[Dot], *, colour: str, symbol: str | int) -> None:
    """Add a series of shares with their intervals, one row a name.

    Args:
        figure: to add to.
        words: of the series.
        these: its dots.
        colour: of the series.
        symbol: of the series, one of Plotly's.
    """
    values = [value for _, value, _, _ in these]
    figure.add_scatter(
        x=values,
        y=[name for name, *_ in these],
        mode="markers",
        name=words,
        orientation="h",
        offsetgroup=words,
        error_x=error_bars(values, [interval for _, _, interval, _ in these]),
        text=[text for *_, text in these],
        marker={"size": 10, "color": colour, "symbol": symbol},
        hovertemplate="%{text}<extra></extra>",
    )


def dots(series: Mapping[str, tuple[str, Sequence[Dot]]], *, title: str) -> go.Figure:
    """Draw shares with their intervals, one row a name.

    `series`: words of a series -> (key of `COLOURS`, its dots).
    """
    figure = go.Figure()
    for words, (kind, these) in series.items():
        add_dots(figure, words, these, colour=COLOURS[kind], symbol=SYMBOLS[kind])
    rows = len({name for _, these in series.values() for name, *_ in these})
    figure.update_layout(
        height=90 + 36 * rows,
        margin={"l": 10, "r": 10, "t": 10, "b": 40},
        scattermode="group",
        scattergap=0.4,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
    )
    figure.update_yaxes(autorange="reversed", fixedrange=True, automargin=True)
    return figure.update_xaxes(title=title, tickformat=".0%", rangemode="tozero", fixedrange=True)


def error_bars(values: Sequence[float], intervals: Sequence[Any]) -> dict[str, Any]:
    """Compute error bars from each value to its interval's ends; none without interval."""
    ends = [interval or (value, value) for value, interval in zip(values, intervals, strict=True)]
    up = [max(0.0, high - value) for value, (_, high) in zip(values, ends, strict=True)]
    down = [max(0.0, value - low) for value, (low, _) in zip(values, ends, strict=True)]
    return {"type": "data", "symmetric": False, "array": up, "arrayminus": down, "color": "#8A8A8A", "thickness": 1.5}
