"""Images, charts and colour bars."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from core.output import screen
from core.output.text import percent as percent
from core.output.text import settings_words as settings_words
from core.output.text import shown_value as shown_value
from core.types import Array
from pages.parts.widgets.tables import csv_button as csv_button
from pages.parts.widgets.tables import csv_text as csv_text
from pages.parts.widgets.tables import facts as facts
from pages.parts.widgets.tables import json_button as json_button
from pages.parts.widgets.tables import plain as plain
from pages.parts.widgets.tables import shown as shown

PLAIN_CHART = {"displayModeBar": False}
ZOOM_CHART = {"displaylogo": False, "modeBarButtonsToRemove": ["toImage", "select2d", "lasso2d"]}


def picture(image: Array, caption: str, *, alt: str | None = None) -> None:
    """A picture as wide as its place, as PNG: nothing is lost on the way to the screen."""
    st.image(image, caption, width="stretch", output_format="PNG", alt=alt or caption)


def chart(figure: go.Figure, alt: str, *, key: str) -> None:
    """A small chart without a tool bar, with room for its ticks, which Streamlit's theme makes larger."""
    layout, more = figure.layout, 14
    figure.update_layout(height=layout.height + more, margin={"b": (layout.margin.b or 0) + more})
    st.plotly_chart(figure, config=PLAIN_CHART, alt=alt, key=key)


def picture_alone(image: Array, caption: str) -> None:
    """One picture of a moderate size."""
    st.image(image, caption, width=320, output_format="PNG", alt=caption)


def colour_bar(signed: bool, scale: float, *, key: str) -> None:
    """The colour bar of a map with its numbers: both ends and zero."""
    figure = screen.colour_bar(signed=signed, scale=scale)
    chart(figure, f"Colour bar from {-scale if signed else 0:.1e} to {scale:.1e}", key=key)
