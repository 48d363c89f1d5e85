"""Maps on the screen: the linked grid, its scales and values; similarity, regions and pixels as figures."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from core.output import screen
from core.output.screen import GridCell, GridColumn, linked_grid, zoom_grid
from core.types import Array

SIDE = 20


def values(seed: int, *, signed: bool = True) -> Array:
    found = np.random.default_rng(seed).normal(size=(SIDE, SIDE)).astype(np.float32)
    return found if signed else np.abs(found)


def face(seed: int = 9) -> Array:
    return np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)


def column(title: str, *, signed: bool = True, scale: float = 2.0) -> GridColumn:
    cells: list[GridCell | None] = [
        GridCell(values(i, signed=signed), signed, scale, face(), [("completeness error", "0.1 ↓", "What it means.")])
        for i in range(2)
    ]
    return GridColumn(title, [*cells, GridCell(values(5), True, scale)])


def drawn(columns: list[GridColumn], **more: Any) -> go.Figure:
    asked: dict[str, Any] = {"across": 5, "strength": 0.7, "every_bar": False, "ink": "#000"} | more
    return linked_grid(columns, ["clean", "attacked", "difference"], **asked)[0]


def images(figure: go.Figure) -> list[go.Heatmap]:
    return [trace for trace in figure.data if trace.type == "heatmap" and np.shape(trace.z)[0] > 1]


def bars(figure: go.Figure) -> list[go.Heatmap]:
    return [trace for trace in figure.data if trace.type == "heatmap" and np.shape(trace.z)[0] == 1]


def test_every_map_is_there_with_its_own_values_and_all_zoom_together() -> None:
    faces = GridColumn("Face", [GridCell(face()), GridCell(face()), None])
    columns = [column("A"), column("B")]
    figure = drawn([faces, *columns])
    found = images(figure)
    wanted = [cell.values for row in range(3) for one in columns if (cell := one.cells[row]) is not None]
    assert len(found) == len(wanted) == 6
    assert all(np.array_equal(trace.z, array) for trace, array in zip(found, wanted, strict=True))
    assert sum(trace.type == "image" for trace in figure.data) == 2
    own = {trace.xaxis for trace in found} | {trace.xaxis for trace in figure.data if trace.type == "image"}
    first = figure.data[0].xaxis
    for name in own - {first}:
        number = name.removeprefix("x")
        assert figure.layout[f"xaxis{number}"].matches == "x"
        assert figure.layout[f"yaxis{number}"].matches == "y"
    assert {trace.xaxis for trace in bars(figure)}.isdisjoint(own)  # a colour bar does not zoom


def test_a_shared_scale_has_one_bar_and_own_scales_one_each() -> None:
    signed, unsigned = column("A", scale=3.0), column("B", signed=False, scale=0.5)
    figure = drawn([signed, unsigned])
    ends = [(trace.zmin, trace.zmax) for trace in images(figure)]
    assert ends == [(-3, 3), (0, 0.5), (-3, 3), (0, 0.5), (-3, 3), (-0.5, 0.5)]
    assert len(bars(figure)) == 3  # of A; of B; of B's difference, which has signs
    assert len(bars(drawn([signed, unsigned], every_bar=True))) == 6
    shown = [note.text for note in figure.layout.annotations]
    for end in ("3.0", "\N{MINUS SIGN}3.0", "0.50", "\N{MINUS SIGN}0.50", "0"):
        assert end in shown


def test_lines_are_under_each_map_with_their_meaning() -> None:
    figure = drawn([column("A")])
    notes = [note for note in figure.layout.annotations if note.hovertext == "What it means."]
    assert [note.text for note in notes] == ["completeness error", "0.1 ↓"] * 2


def test_other_settings_are_marked_and_what_is_missing_is_said() -> None:
    whole = column("A")
    figure = drawn([GridColumn("A", [whole.cells[0], None, None], "made with other settings")])
    shown = [note.text for note in figure.layout.annotations]
    assert "<i>made with other settings</i>" in shown
    assert shown.count("not computed") == 2


@pytest.mark.slow
def test_columns_that_do_not_fit_beside_the_others_stand_below() -> None:
    narrow, wide = (drawn([column(name) for name in "ABCD"], across=across) for across in (2, 4))
    assert len({trace.xaxis for trace in images(narrow)}) == 12
    domains = {tuple(narrow.layout[f"xaxis{t.xaxis[1:]}"].domain) for t in images(narrow)}
    assert len(domains) == 2
    assert narrow.layout.height > 1.9 * wide.layout.height


@pytest.mark.slow
@pytest.mark.parametrize("width", [700, 1000, 1300])
@pytest.mark.parametrize("every_bar", [True, False])
@pytest.mark.parametrize("across", [2, 5])
def test_at_any_width_what_is_written_has_its_place_and_pictures_touch_nothing(
    width: int, every_bar: bool, across: int
) -> None:
    columns = [column("A"), column("B", signed=False), column("C")]
    asked: dict[str, Any] = {"across": across, "strength": 1.0, "every_bar": every_bar, "ink": "#000"}
    figure, height = linked_grid(columns, ["clean", "attacked", "difference"], **asked)
    margin = figure.layout.margin
    plot, wide = height.share * width + height.pixels - margin.b, width - margin.l

    def spans(trace: go.Heatmap) -> tuple[float, float, float, float]:
        """Left and right, top and bottom in pixels; an image is square, and stands on the floor of its place."""
        x, y = (figure.layout[f"{axis[0]}axis{axis[1:]}"].domain for axis in (trace.xaxis, trace.yaxis))
        side = min((x[1] - x[0]) * wide, (y[1] - y[0]) * plot)
        return x[0] * wide, x[1] * wide, (1 - y[0]) * plot - side, (1 - y[0]) * plot

    drawn, said = [spans(trace) for trace in images(figure)], [spans(trace) for trace in bars(figure)]
    for left, right, top, bottom in drawn:
        assert bottom - top > 0.85 * (right - left)  # the image fills its column, or nearly
        below = [other for other in drawn if other[0] == left and other[2] > top]
        free = min((other[2] for other in below), default=plot + margin.b)
        assert all(bottom < bar[3] < free for bar in said if bar[0] > left and bar[1] < right and top < bar[3] < free)
        for note in figure.layout.annotations:
            start = (1 - note.y) * plot - note.yshift
            if left - 1 <= note.x * wide <= right + 1 and bottom < start < free:
                assert start + 11 <= free, note.text


def test_the_face_under_a_map_is_grey_and_its_colours_follow_the_overlay() -> None:
    figure = drawn([column("A")], strength=0.3)
    assert [trace.opacity for trace in images(figure)] == [0.3, 0.3, 1.0]
    assert len(figure.layout.images) == 2
    header, data = figure.layout.images[0].source.split(",")
    assert header == "data:image/png;base64"
    assert base64.b64decode(data)[25] == 0  # the colour type of a PNG: grey


@pytest.mark.parametrize(("shape", "count", "step"), [((200, 200), 30, 1), ((400, 400), 30, 2), ((1200, 1200), 30, 5)])
def test_only_so_many_values_go_to_the_screen(shape: tuple[int, int], count: int, step: int) -> None:
    assert screen.sampling(shape, count) == step
    assert shape[0] * shape[1] * count / step**2 <= zoom_grid.MAX_VALUES


def test_a_similarity_that_means_nothing_is_blank_and_says_why() -> None:
    figure = screen.similarity_matrix([[1.0, None], [None, 1.0]], ["A", "B"], low=-1, reasons=[["", "flat"]] * 2)
    heat = figure.data[0]
    assert np.isnan(heat.z[0][1])
    assert heat.text[0][1] == ""
    assert heat.customdata[0][1] == "flat"
    assert (heat.zmin, heat.zmax) == (-1, 1)


def test_regions_are_painted_where_they_are() -> None:
    index = np.zeros((240, 240), np.uint8)
    index[:, 120:] = 1
    image = screen.regions_on(np.full((240, 240, 3), 128, np.uint8), index, ["left", "right"])
    assert image.shape == (480, 480, 3)
    left, right = image[30, 100].astype(int), image[30, 400].astype(int)
    assert left[2] > left[0]  # sky blue
    assert right[1] > right[0]  # green
    assert np.abs(left - right).max() > 10


def test_chosen_pixels_are_orange_and_no_others() -> None:
    chosen = np.zeros((SIDE, SIDE), bool)
    chosen[3, 4] = chosen[10, 11] = True
    image = screen.pixels_on(face(), chosen)
    scale = image.shape[0] // SIDE
    orange = (image == (230, 159, 0)).all(2)
    assert np.array_equal(orange[::scale, ::scale], chosen)
    assert orange.sum() == 2 * scale**2
