"""Scores of a video's faces over time, as they are drawn."""

from __future__ import annotations

import plotly.graph_objects as go

from core.output import screen

WORDS = ("Inconclusive", "Likely manipulated")


def drawn(faces: int, chosen: tuple[int, int] | None = None) -> go.Figure:
    tracks = dict.fromkeys(range(faces), ((0, 30), (0.5, 0.9), WORDS))
    return screen.time_line(tracks, fps=30, bands=None, chosen=chosen)


def test_names_of_many_faces_stand_above_the_lines_and_have_rows_of_their_own() -> None:
    alone, many = drawn(1), drawn(10)
    assert not alone.layout.showlegend
    assert many.layout.legend.orientation == "h", "beside the lines they leave no width to a telephone's"
    assert many.layout.height - alone.layout.height == 4 * 22


def test_the_face_in_focus_stands_out_among_others() -> None:
    one, two, three = drawn(3, chosen=(1, 30)).data
    assert one.zorder == three.zorder < two.zorder
    assert one.line.width == three.line.width < two.line.width
    assert one.marker.size == three.marker.size < two.marker.size
    assert len({line.marker.size for line in drawn(3).data}) == 1, "of none in focus, none stands out"
