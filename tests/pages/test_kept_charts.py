"""Charts that are kept are handed to Streamlit without a copy."""

from __future__ import annotations

import json

import plotly.graph_objects as go
from plotly.io import to_json
from plotly.tools import return_figure_from_figure_or_data

from pages.parts.widgets.chart_widgets import KeptFigure


def figure(height: int = 300) -> go.Figure:
    return go.Figure(go.Scatter(x=[1, 2], y=[3.5, 4], customdata=[[7], [8]])).update_layout(height=height)


def sent(drawn: go.Figure) -> object:
    """What Streamlit sends of a figure."""
    return json.loads(to_json(return_figure_from_figure_or_data(drawn, validate_figure=True), validate=False))


def test_a_kept_figure_is_sent_as_it_was_drawn_and_never_copied() -> None:
    kept = KeptFigure(figure())
    assert sent(kept) == sent(figure()) == sent(kept)
    assert kept.to_dict() is kept.to_dict()
