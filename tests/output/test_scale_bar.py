"""Scales that the browser draws itself: bands of a verdict, and colour bars."""

from __future__ import annotations

import pytest

from core.output.screen import ScaleBar, band_scale, colour_bar
from core.types import InputError


def test_the_bands_fill_the_scale_and_the_marker_stands_at_the_score() -> None:
    said = band_scale(0.7, (0.3, 0.6), interval=(-0.1, 0.8)).record()
    assert [(part["start"], part["stop"], part["word"]) for part in said["parts"]] == [
        (0.0, 0.3, "not manipulated"),
        (0.3, 0.6, "inconclusive"),
        (0.6, 1.0, "manipulated"),
    ]
    assert [tick["word"] for tick in said["ticks"]] == ["0", "0.30", "0.60", "1"]
    assert (said["mark"], said["line"], said["hover"]) == (0.7, [0.0, 0.8], "score 0.700")


def test_a_signed_colour_bar_is_white_at_zero_in_its_middle() -> None:
    bar = colour_bar(signed=True, scale=0.25)
    assert [(place, float(word.replace("\N{MINUS SIGN}", "-"))) for place, word in bar.ticks] == [
        (0.0, -0.25),
        (0.5, 0.0),
        (1.0, 0.25),
    ]
    assert "rgb(247,246,246) 50%" in bar.parts[0][2]
    assert [place for place, _ in colour_bar(signed=False, scale=2.0).ticks] == [0.0, 1.0]


def test_a_place_off_the_scale_is_refused() -> None:
    with pytest.raises(InputError, match=r"shares in \[0, 1\]"):
        ScaleBar(((0.0, 1.0, "red", ""),), (), mark=1.2)
