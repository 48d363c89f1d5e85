"""Draw success and robust accuracy against epsilon, with intervals as bands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

# Attacks have no meaning among the verdicts' colours: others of Okabe and Ito, told apart by dash and mark as well.
INKS = ("#009E73", "#56B4E9", "#B8860B", "#5B4FA2", "#444444", "#8C564B")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
MARKS = ("circle", "square", "diamond", "triangle-up", "cross", "x")
EpsilonShare = tuple[float, float | None, tuple[float, float], str]  # epsilon in 1/255, share, its interval, words


def ink_and_mark(number: int, marks: Sequence[str] = MARKS) -> tuple[str, str]:
    """Return a colour and a mark for a group by its number.

    Each pair occurs once among the first 36.
    """
    return INKS[number % len(INKS)], marks[(number + number // len(INKS)) % len(marks)]


def against_epsilon(panels: Mapping[str, Mapping[str, Sequence[EpsilonShare]]]) -> go.Figure:
    """Draw panels side by side.

    `panels`: what is shown -> attack -> its shares, ascending by epsilon.
    """
    figure = make_subplots(1, len(panels), subplot_titles=list(panels), horizontal_spacing=0.12)
    for column, attacks in enumerate(panels.values(), 1):
        for number, (name, shares) in enumerate(attacks.items()):
            there = [row for row in shares if row[1] is not None]
            _line(figure, column, number, name, there)
    figure.update_layout(
        height=380,
        margin={"l": 50, "r": 10, "t": 40, "b": 90},
        hovermode="closest",
        legend={"orientation": "h", "yanchor": "top", "y": -0.22, "x": 0},
    )
    figure.update_yaxes(range=[-0.03, 1.03], tickformat=".0%", fixedrange=True)
    largest = max((row[0] for lines in panels.values() for line in lines.values() for row in line), default=0) or 1
    return figure.update_xaxes(title="epsilon in 1/255", range=[-0.03 * largest, 1.03 * largest], fixedrange=True)


def _line(figure: go.Figure, column: int, number: int, name: str, shares: Sequence[EpsilonShare]) -> None:
    ink, place = INKS[number % len(INKS)], {"row": 1, "col": column}
    sizes = [size for size, *_ in shares]
    low, high = ([interval[end] for _, _, interval, _ in shares] for end in (0, 1))
    red, green, blue = (int(ink[i : i + 2], 16) for i in (1, 3, 5))
    figure.add_scatter(
        x=[*sizes, *reversed(sizes)],
        y=[*high, *reversed(low)],
        fill="toself",
        mode="lines",
        line={"width": 0},
        fillcolor=f"rgba({red},{green},{blue},0.14)",
        hoverinfo="skip",
        showlegend=False,
        legendgroup=name,
        **place,
    )
    figure.add_scatter(
        x=sizes,
        y=[share for _, share, _, _ in shares],
        mode="lines+markers",
        name=name,
        legendgroup=name,
        showlegend=column == 1,
        cliponaxis=False,
        text=[words for *_, words in shares],
        hovertemplate="%{text}<extra></extra>",
        line={"color": ink, "dash": DASHES[number % len(DASHES)], "width": 2},
        marker={"symbol": MARKS[number % len(MARKS)], "size": max(14 - 3 * number, 6), "color": ink},
        **place,
    )
