"""A matrix of numbers: what the browser is sent, read on every colour, and what is refused."""

from __future__ import annotations

import re

import pytest

from core.output.screen import NumberMatrix, detection_scope
from core.output.screen.colour_maps import colormap
from core.types import InputError


def test_a_similarity_that_means_nothing_is_blank_and_says_why() -> None:
    made = NumberMatrix(("A", "B"), [[1.0, None], [-0.25, 1.0]], [["", "flat"]] * 2, -1.0).record()
    assert made["cells"][0][1] == {"word": "", "colour": "", "ink": "", "about": "flat"}
    assert made["cells"][1][0]["word"] == "\N{MINUS SIGN}0.25"
    assert made["ends"] == ["\N{MINUS SIGN}1", "1"]
    assert made["cells"][0][0]["colour"] == made["scale"][-1]


def brightness(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(share * c for share, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("low", [0.0, -1.0])
def test_every_number_is_readable_on_its_colour(low: float) -> None:
    for step in range(21):
        value = low + (1 - low) * step / 20
        ((cell,),) = NumberMatrix(("A",), [[value]], [[""]], low).record()["cells"]
        assert re.fullmatch("#[0-9a-f]{6}", cell["colour"])
        bright, dim = sorted((brightness(cell["colour"]), brightness(cell["ink"])), reverse=True)
        assert (bright + 0.05) / (dim + 0.05) >= 4.5


def test_what_an_answer_finds_is_readable_in_every_cell() -> None:
    shares = {f"PGD, {size}/255": {"PNG": size / 20, "JPEG": None} for size in range(21)}
    heat, numbers = detection_scope(shares, {name: {"PNG": 9} for name in shares}, ["PNG", "JPEG"]).data
    assert list(numbers.text) == [f"{size / 20:.0%}" for size in range(21)], "a cell without attacks has none"
    assert list(numbers.y) == list(heat.y)
    for value, ink in zip((size / 20 for size in range(21)), numbers.textfont.color, strict=True):
        red, green, blue, _ = colormap("cividis")(value)
        name = "#" + "".join(f"{round(255 * one):02x}" for one in (red, green, blue))
        bright, dim = sorted((brightness(name), brightness(ink)), reverse=True)
        assert (bright + 0.05) / (dim + 0.05) >= 4.5


def test_what_is_no_matrix_is_refused() -> None:
    with pytest.raises(InputError, match="a matrix of 2 names has as many rows and columns"):
        NumberMatrix(("A", "B"), [[1.0]], [["", ""]] * 2, 0.0)
    with pytest.raises(InputError, match="is 0 or -1"):
        NumberMatrix(("A",), [[1.0]], [[""]], 0.5)
