"""Draw scores of "fake": of videos, during an attack, after post-processing."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from ..text import clock
from .colours import COLOURS, SYMBOLS, Bands

STAGES = ("square", "diamond", "diamond-open", "x")
MAX_MARKED = 120  # steps up to which each has a mark of its own


def trajectory(
    p_fake: Sequence[float],
    *,
    bands: Bands,
    saved: float | None = None,
    attacked: float | None = None,
    detector_trajectory: Sequence[tuple[int, float | None]] = (),
) -> go.Figure:
    """Draw the score of "fake" over the queries of an attack.

    Args:
        p_fake: in [0, 1], one a query.
        bands: thresholds of the detector.
        saved: score of the saved image.
        attacked: the attack detector's score of the saved image.
        detector_trajectory: (step from 1, score of "attacked"); None where it did not run.
    """
    figure = go.Figure()
    bands_behind(figure, bands)
    steps, last = list(range(1, len(p_fake) + 1)), len(p_fake) + 1
    figure.add_scatter(
        x=steps,
        y=list(p_fake),
        mode="lines+markers" if len(steps) <= MAX_MARKED else "lines",
        name="score of “manipulated”",
        line={"color": "#777777", "width": 1.5},
        marker={"size": 5},
        hovertemplate="step %{x}<br>score %{y:.4f}<extra></extra>",
    )
    if there := [(step, value) for step, value in detector_trajectory if value is not None]:
        figure.add_scatter(
            x=[step for step, _ in there],
            y=[value for _, value in there],
            mode="lines+markers",
            name="attack detector's score of “attacked”",
            marker={"size": 7, "symbol": SYMBOLS["attacked"]},
            line={"color": COLOURS["attacked"], "width": 1.5, "dash": "dot"},
            hovertemplate="step %{x}<br>attacked %{y:.4f}<extra></extra>",
        )
    _add_saved(figure, last, saved, name="saved image", colour="#777777", symbol=SYMBOLS["fake"])
    colour, symbol = COLOURS["attacked"], SYMBOLS["attacked"]
    _add_saved(figure, last, attacked, name="“attacked”, saved image", colour=colour, symbol=symbol)
    figure.update_layout(
        height=260,
        margin={"l": 50, "r": 10, "t": 10, "b": 40},
        showlegend=saved is not None,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
    )
    figure.update_yaxes(range=[-0.03, 1.03], title=score_title(bands))
    return figure.update_xaxes(title="step of the attack", range=[0, last + 0.02 * last + 0.5])


def _add_saved(figure: go.Figure, x: int, score: float | None, *, name: str, colour: str, symbol: str) -> None:
    """Add a mark of the saved image's score behind the last step."""
    if score is not None:
        figure.add_scatter(
            x=[x],
            y=[score],
            mode="markers",
            name=name,
            cliponaxis=False,
            marker={"size": 12, "color": colour, "symbol": symbol, "line": {"width": 1, "color": "#222222"}},
            hovertemplate=f"{name}<br>%{{y:.4f}}<extra></extra>",
        )


def stages(
    lines: Sequence[tuple[str, str, Sequence[int], Sequence[float], Sequence[str]]],
    *,
    fps: float,
    bands: Bands,
    chosen: int | None = None,
) -> go.Figure:
    """Draw a video's scores before and after an attack.

    Args:
        lines: (name, colour and mark, frames, scores in [0, 1], words).
        fps: frames per second.
        bands: thresholds of the detector.
        chosen: frame in focus.
    """
    figure = go.Figure()
    bands_behind(figure, bands)
    for number, (name, kind, frames, scores, words) in enumerate(lines):
        times = [clock(frame / fps) if fps else "" for frame in frames]
        figure.add_scatter(
            x=list(frames),
            y=list(scores),
            mode="lines+markers",
            name=name,
            line={"dash": ("solid", "dash", "dot", "dashdot")[number % 4], "color": COLOURS[kind], "width": 1.5},
            marker={"size": 8, "color": COLOURS[kind], "symbol": STAGES[number % len(STAGES)]},
            customdata=list(zip(words, times, strict=True)),
            hovertemplate="%{customdata[1]} (frame %{x})<br>score %{y:.3f}<br>%{customdata[0]}"
            "<extra>" + name + "</extra>",
        )
    if chosen is not None:
        figure.add_vline(x=chosen, line={"color": "#E69F00", "width": 2})
    figure.update_layout(
        height=300,
        margin={"l": 50, "r": 10, "t": 10, "b": 40},
        showlegend=True,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0},
    )
    figure.update_yaxes(range=[-0.03, 1.03], title=score_title(bands), fixedrange=True)
    return figure.update_xaxes(title="frame", fixedrange=True)


def robustness(
    operations: Sequence[str], lines: Sequence[tuple[str, str, Sequence[float]]], *, bands: Bands
) -> go.Figure:
    """Draw the score of "fake" after each post-processing operation.

    `lines`: (name, kind, scores in [0, 1]).
    """
    figure = go.Figure()
    bands_behind(figure, bands)
    for name, kind, scores in lines:
        figure.add_scatter(
            x=list(operations),
            y=list(scores),
            name=name,
            mode="markers",
            marker={"color": COLOURS[kind], "symbol": SYMBOLS.get(kind, "circle"), "size": 10},
            hovertemplate="%{x}<br>score %{y:.3f}<extra>" + name + "</extra>",
        )
    figure.update_layout(
        height=300,
        margin={"l": 50, "r": 10, "t": 40, "b": 90},
        legend={"orientation": "h", "y": 1.03, "yanchor": "bottom"},  # above the dots
    )
    figure.update_yaxes(range=[-0.03, 1.03], title=score_title(bands))
    return figure.update_xaxes(tickangle=-40)


def score_title(bands: Bands) -> str:
    """Title the axis of scores: a probability only where the detector is calibrated."""
    return "probability of “manipulated”" if bands else "score of “manipulated”"


def bands_behind(figure: go.Figure, bands: Bands) -> None:
    """Draw the bands' colours behind scores, or a line at 0.5 where uncalibrated."""
    if bands is None:
        figure.add_hline(y=0.5, line={"color": COLOURS["inconclusive"], "width": 1, "dash": "dot"})
    else:
        low, high = bands
        wide = {"type": "rect", "xref": "x domain", "x0": 0, "x1": 1, "yref": "y", "line": {"width": 0}}
        look = wide | {"opacity": 0.13, "layer": "below"}
        shapes = [
            look | {"y0": start, "y1": stop, "fillcolor": COLOURS[name]}
            for start, stop, name in ((0, low, "real"), (low, high, "inconclusive"), (high, 1, "fake"))
        ]
        figure.update_layout(shapes=[*figure.layout.shapes, *shapes])  # at once: add_hrect takes ten times as long
