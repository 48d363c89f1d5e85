"""Maps on the screen: the grid, its scales and values; similarity, regions and pixels as figures."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from core.output import screen
from core.output.screen import GridCell, GridColumn, colour_map, grid_record, zoom_grid
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


class Served:
    """Arrays by the addresses at which they are fetched."""

    def __init__(self) -> None:
        self.arrays: list[Array] = []

    def address(self, array: Array) -> str:
        self.arrays.append(array)
        return f"/media/{len(self.arrays) - 1}"

    def at(self, address: str) -> Array:
        return self.arrays[int(address.rsplit("/", 1)[1])]


def drawn(columns: list[GridColumn], **more: Any) -> tuple[dict[str, Any], Served]:
    served = Served()
    asked: dict[str, Any] = {"across": 5, "strength": 0.7, "every_bar": False, "address": served.address} | more
    return grid_record(columns, ["clean", "attacked", "difference"], **asked), served


def cells(record: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for column in record["columns"] for cell in column["cells"] if cell]


def test_every_map_is_fetched_with_its_own_values() -> None:
    faces = GridColumn("Face", [GridCell(face()), GridCell(face()), None])
    columns = [column("A"), column("B")]
    record, served = drawn([faces, *columns])
    found = [cell for cell in cells(record) if "values" in cell]
    wanted = [cell.values for one in columns for cell in one.cells if cell is not None]
    assert len(found) == len(wanted) == 6
    assert all(np.array_equal(served.at(cell["values"]), array) for cell, array in zip(found, wanted, strict=True))
    images = [served.at(cell["image"]) for cell in cells(record) if "image" in cell]
    assert [np.array_equal(image, face()) for image in images] == [True, True]
    assert [cell["alt"] for cell in found[:3]] == ["A, clean", "A, attacked", "A, difference"]
    assert record["size"] == [SIDE, SIDE]


def test_what_is_sent_with_each_click_is_small() -> None:
    record, _ = drawn([column(name) for name in "ABCDEF"])
    assert len(json.dumps(record)) < 40_000  # Streamlit's frontend copies it many times


def test_a_shared_scale_has_one_bar_and_own_scales_one_each() -> None:
    signed, unsigned = column("A", scale=3.0), column("B", signed=False, scale=0.5)
    record, _ = drawn([signed, unsigned])
    found = [(cell["signed"], cell["scale"]) for cell in cells(record)]
    assert found == [(True, 3), (True, 3), (True, 3), (False, 0.5), (False, 0.5), (True, 0.5)]
    bars = [cell["bar"] for cell in cells(record) if cell["bar"]]
    assert len(bars) == 3  # of A; of B; of B's difference, which has signs
    assert len([cell for cell in cells(drawn([signed, unsigned], every_bar=True)[0]) if cell["bar"]]) == 6
    shown = [tick["word"] for bar in bars for tick in bar["ticks"]]
    minus = "\N{MINUS SIGN}"
    assert shown == [f"{minus}3.0", "0", "3.0", "0", "0.50", f"{minus}0.50", "0", "0.50"]


def test_lines_are_under_each_map_with_their_meaning() -> None:
    record, _ = drawn([column("A")])
    line = {"name": "completeness error", "value": "0.1 ↓", "help": "What it means."}
    assert [cell["lines"] for cell in cells(record)] == [[line], [line], []]


def test_other_settings_are_marked_and_what_is_missing_is_left_out() -> None:
    whole = column("A")
    record, _ = drawn([GridColumn("A", [whole.cells[0], None, None], "made with other settings")])
    assert record["columns"][0]["mark"] == "made with other settings"
    assert record["columns"][0]["cells"][1:] == [None, None]


def test_few_columns_leave_room_and_many_stand_below() -> None:
    assert [drawn([column("A")])[0][name] for name in ("across", "slots")] == [1, 4]
    assert [drawn([column(name) for name in "ABCDEF"])[0][name] for name in ("across", "slots")] == [5, 5]


def test_the_face_under_a_map_is_grey_and_colours_are_those_of_print() -> None:
    record, served = drawn([column("A")], strength=0.3)
    under = [cell["face"] for cell in cells(record)]
    assert [served.at(one).shape if one else None for one in under] == [(SIDE, SIDE), (SIDE, SIDE), None]
    assert record["strength"] == 0.3
    palette = np.frombuffer(bytes.fromhex(record["palettes"]["signed"]), np.uint8).reshape(256, 3)
    assert palette[0].tolist() == colour_map(np.full((1, 1), -1.0), signed=True, scale=1.0)[0, 0].tolist()
    assert palette[255].tolist() == colour_map(np.full((1, 1), 1.0), signed=True, scale=1.0)[0, 0].tolist()


@pytest.mark.parametrize(("shape", "count", "step"), [((200, 200), 30, 1), ((400, 400), 30, 2), ((1200, 1200), 30, 5)])
def test_only_so_many_values_go_to_the_screen(shape: tuple[int, int], count: int, step: int) -> None:
    assert screen.sampling(shape, count) == step
    assert shape[0] * shape[1] * count / step**2 <= zoom_grid.MAX_VALUES


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
