"""Draw similarities of faces, and how often deepfakes pass as a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from ...types import Array
from ..text import signed_number
from .colours import COLOURS
from .comparisons import CLEAR, PALETTE
from .interval_plots import Dot, add_dots, error_bars

BINS = 40
GENUINE, IMPOSTOR = "#56B4E9", "#8A8A8A"  # of Okabe and Ito; blue and vermilion stay the verdicts'
MARK_GAP = 0.09  # of the plot's height between two names
MAX_MARKS = 5


def similarity_distribution(
    impostor: Array, genuine: Array, marks: Sequence[tuple[str, float]], *, threshold: float | None, ink: str
) -> go.Figure:
    """Draw where similarities lie among those of other people and of the same person.

    Args:
        impostor: (I,) similarities of photos of different people; may be empty.
        genuine: (G,) similarities of photos of the same person; may be empty.
        marks: name and similarity of the faces in question, the nearest first; at most five are drawn.
        threshold: from which a face counts as the person; None for none.
        ink: colour of lines and names.
    """
    figure, marks = go.Figure(), list(marks)[:MAX_MARKS]
    values = np.concatenate([impostor, genuine, [value for _, value in marks], [threshold or 0.0]])
    edges = np.linspace(float(values.min()) - 0.02, float(values.max()) + 0.02, BINS + 1)
    top = 0.0
    for name, these, colour in (("different people", impostor, IMPOSTOR), ("same person", genuine, GENUINE)):
        if len(these):
            share = np.histogram(these, edges)[0] / len(these)
            top = max(top, float(share.max()))
            figure.add_bar(
                x=(edges[1:] + edges[:-1]) / 2,
                y=share,
                width=np.diff(edges),
                name=f"{name} ({len(these)} pairs)",
                marker_color=colour,
                opacity=0.6,
                hovertemplate="similarity %{x:.2f}<br>%{y:.1%} of pairs<extra>" + name + "</extra>",
            )
    if threshold is not None:
        figure.add_vline(x=threshold, line={"color": ink, "width": 2, "dash": "dash"})
        figure.add_annotation(
            x=threshold, y=1.0, yref="paper", text="threshold", showarrow=False, xanchor="left", font={"color": ink}
        )
    _add_marks(figure, marks, middle=float(edges[0] + edges[-1]) / 2, top=top or 1.0, ink=ink)
    figure.update_layout(
        height=300,
        margin={"l": 50, "r": 10, "t": 30, "b": 40},
        barmode="overlay",
        bargap=0,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.06, "x": 0},
        **CLEAR,
    )
    figure.update_yaxes(tickformat=".0%", title="share of pairs", rangemode="tozero", fixedrange=True)
    return figure.update_xaxes(title="similarity", range=[edges[0], edges[-1]], fixedrange=True)


def _add_marks(figure: go.Figure, marks: Sequence[tuple[str, float]], *, middle: float, top: float, ink: str) -> None:
    """Add named diamonds, one below the other."""
    for row, (name, value) in enumerate(marks):
        figure.add_scatter(
            x=[value],
            y=[top * (0.85 - MARK_GAP * row)],
            mode="markers+text",
            text=[name],
            textposition="middle right" if value < middle else "middle left",
            textfont={"color": ink},
            marker={
                "size": 13,
                "symbol": "diamond",
                "color": COLOURS["attacked"],
                "line": {"width": 1.5, "color": ink},
            },
            hovertemplate=f"similarity {signed_number(value)}<extra></extra>",
            showlegend=False,
        )


def impersonation_metrics(series: Mapping[str, Sequence[Dot]]) -> go.Figure:
    """Draw the shares of figure 4 with their intervals, one row a metric.

    Source: Tariq et al. 2022, figure 4. Differs: intervals are drawn, and shares stand on one axis.
    """
    figure = go.Figure()
    for number, (kind, dots) in enumerate(series.items()):
        add_dots(figure, kind, dots, colour=PALETTE[number % len(PALETTE)], symbol=number % 8)
    rows = len({name for dots in series.values() for name, *_ in dots})
    figure.update_layout(scattermode="group", scattergap=0.4)
    return _rows_of_shares(figure, 100 + rows * (22 + 12 * len(series)))


def before_after(rows: Sequence[tuple[str, float, float]], refused: Sequence[Dot], *, ink: str) -> go.Figure:
    """Draw success before and after a defence, and refused real pictures.

    Source: Tariq et al. 2022, table 2 and figure 5. Differs: the paper leaves out refused real pictures.

    Args:
        rows: name, share before, share after.
        refused: one mark a defence.
        ink: colour of the lines between.
    """
    figure = go.Figure()
    for name, before, after in rows:
        figure.add_annotation(
            x=after, y=name, ax=before, ay=name, xref="x", yref="y", axref="x", ayref="y", arrowhead=2, arrowcolor=ink
        )
    names = [name for name, _, _ in rows]
    for title, values, symbol in (
        ("without a defence", [before for _, before, _ in rows], "circle-open"),
        ("with it", [after for *_, after in rows], "circle"),
    ):
        figure.add_scatter(
            x=values,
            y=names,
            mode="markers",
            name=title,
            marker={"size": 11, "symbol": symbol, "color": COLOURS["fake"], "line": {"width": 2}},
            hovertemplate="%{y}, " + title + ": %{x:.1%}<extra></extra>",
        )
    shares = [value for _, value, _, _ in refused]
    figure.add_scatter(
        x=shares,
        y=[name for name, *_ in refused],
        mode="markers",
        name="real pictures refused",
        error_x=error_bars(shares, [interval for _, _, interval, _ in refused]),
        text=[words for *_, words in refused],
        marker={"size": 11, "symbol": "x", "color": COLOURS["real"]},
        hovertemplate="%{text}<extra></extra>",
    )
    return _rows_of_shares(figure, 110 + 30 * (len(rows) + len(refused)))


def _rows_of_shares(figure: go.Figure, height: int) -> go.Figure:
    figure.update_layout(
        height=height,
        margin={"l": 10, "r": 10, "t": 10, "b": 40},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
        **CLEAR,
    )
    figure.update_yaxes(autorange="reversed", fixedrange=True, automargin=True)
    return figure.update_xaxes(tickformat=".0%", range=[-0.02, 1.02], fixedrange=True)
