"""Show small charts and colour bars."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core.output import screen
from core.output.screen import GroupedBars, NumberMatrix, ScaleBar, ScoreStrip, TimeLine
from pages.parts.session.kept_values import KeptValues
from pages.parts.widgets.own_component import own_component

PLAIN_CHART = {"displayModeBar": False}
MAX_KEPT = 32  # charts of all sessions; the one that nobody saw longest goes
TICK_ROOM = 14  # pixels: Streamlit's theme makes ticks larger than they were drawn for


class KeptFigure(go.Figure):  # type: ignore[misc]
    """Hand out one dictionary, however often the page is drawn.

    Streamlit asks for a copy at each run and only reads it, and copying is most of what showing a chart costs.
    """

    def __init__(self, figure: go.Figure) -> None:
        super().__init__(figure)
        self._plain: dict[str, Any] = super().to_dict()

    def to_dict(self) -> dict[str, Any]:
        """Return the figure as a dictionary that nobody changes."""
        return self._plain


_kept: KeptValues[KeptFigure] = KeptValues()


def show_chart(figure: go.Figure, alt: str, *, key: str) -> None:
    """Show a small chart without a tool bar."""
    st.plotly_chart(_with_room(figure), config=PLAIN_CHART, alt=alt, key=key)


def show_kept_chart(of: Hashable, draw: Callable[[], go.Figure], alt: str, *, key: str) -> None:
    """Show a small chart that is drawn once, however often its page is.

    Args:
        of: all that the drawing depends on.
        draw: draws it.
        alt: what it shows, in words.
        key: tells the place from others of the page.
    """
    figure = _kept.get((key, of), lambda: KeptFigure(_with_room(draw())), limit=MAX_KEPT)
    st.plotly_chart(figure, config=PLAIN_CHART, alt=alt, key=key)


def _with_room(figure: go.Figure) -> go.Figure:
    layout = figure.layout
    return figure.update_layout(height=layout.height + TICK_ROOM, margin={"b": (layout.margin.b or 0) + TICK_ROOM})


def show_scale_bar(bar: ScaleBar, alt: str, *, key: str) -> None:
    """Show a bar with numbers; unlike a chart it is drawn at once.

    Args:
        bar: what is drawn.
        alt: what it says, in words.
        key: tells the place from others of the page.
    """
    _SCALE(key=key, data=bar.record() | {"alt": alt})


def show_bars(bars: GroupedBars, alt: str, *, key: str) -> None:
    """Show bars in groups; unlike a chart they are drawn at once.

    Args:
        bars: what is drawn.
        alt: what they show, in words.
        key: tells the place from others of the page.
    """
    _BARS(key=key, data=bars.record() | {"alt": alt})


def show_matrix(matrix: NumberMatrix, alt: str, *, key: str) -> None:
    """Show a matrix of coloured numbers; unlike a chart it is drawn at once.

    Args:
        matrix: what is drawn.
        alt: what it shows, in words.
        key: tells the place from others of the page.
    """
    _MATRIX(key=key, data=matrix.record() | {"alt": alt})


def show_time_line(line: TimeLine, alt: str, picked: Callable[[], None], *, key: str) -> None:
    """Show scores over time; unlike a chart they are drawn at once, also after a click.

    Args:
        line: what is drawn.
        alt: what it shows, in words.
        picked: is called when a point was clicked; the state at `key` then has its [track, frame] as `picked`.
        key: tells the place from others of the page.
    """
    _TIME(key=key, data=line.record() | {"alt": alt}, on_picked_change=picked)


def show_strip(strip: ScoreStrip, alt: str, picked: Callable[[], None], *, key: str) -> None:
    """Show detectors' scores over time; a click draws them anew at once.

    Args:
        strip: what is drawn.
        alt: what it shows, in words.
        picked: is called when a mark was clicked; the state at `key` then has its frame as `picked`.
        key: tells the place from others of the page.
    """
    _STRIP(key=key, data=strip.record() | {"alt": alt}, on_picked_change=picked)


def show_colour_bar(signed: bool, scale: float, *, key: str) -> None:
    """Show the colour bar of a map with its numbers: both ends and zero."""
    alt = f"Colour bar from {-scale if signed else 0:.1e} to {scale:.1e}"
    show_scale_bar(screen.colour_bar(signed=signed, scale=scale), alt, key=key)


def text_colour() -> str:
    """Return the colour of text in charts that Streamlit's theme misses."""
    return "#eceff2" if st.context.theme.type == "dark" else "#1c1f23"


_TIME, _STRIP, _SCALE, _BARS, _MATRIX = (
    own_component("time", "tip", "pointed_chart", "time_line"),
    own_component("strip", "tip", "pointed_chart", "score_strip"),
    own_component("scale", "scale_bar"),
    own_component("bars", "grouped_bars"),
    own_component("matrix", "number_matrix"),
)
