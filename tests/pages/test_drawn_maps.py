"""Maps are coloured once for each way of showing them, as they would be anew."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np

from core.output import screen
from core.output.screen.colour_maps import overlay
from core.types import Array, Attribution
from pages.parts.widgets import drawn_maps
from pages.parts.widgets.drawn_maps import coloured, map_scale, overlaid


def map_of(seed: int, *, signed: bool = True) -> Attribution:
    values = np.random.default_rng(seed).normal(size=(40, 40)).astype(np.float32)
    return Attribution("lrp", {}, "margin", "a" * 64, values, signed, (), 0.0)


def crop_of(seed: int) -> Array:
    return np.random.default_rng(seed).integers(0, 256, (40, 40, 3), np.uint8)


def test_what_is_kept_is_what_would_be_drawn_anew() -> None:
    one, other, crop = map_of(1), map_of(2, signed=False), crop_of(3)
    for _ in range(2):
        assert map_scale([one.map]) == screen.scale_of([one.map])
        assert map_scale([one.map, other.map]) == screen.scale_of([one.map, other.map])
        for found in (one, other):
            for scale in (1.0, 2.0):
                assert np.array_equal(
                    coloured(found, scale), screen.colour_map(found.map, signed=found.signed, scale=scale)
                )
                for strength in (0.25, 0.75):
                    anew = overlay(crop, found.map, signed=found.signed, strength=strength, scale=scale)
                    assert np.array_equal(overlaid(crop, found, strength=strength, scale=scale), anew)


def test_a_map_is_coloured_once() -> None:
    one, crop = map_of(4), crop_of(5)
    end = map_scale([one.map])
    first, over = coloured(one, end), overlaid(crop, one, strength=0.5, scale=end)
    again = AssertionError("drawn again")
    with patch.object(screen, "colour_map", side_effect=again), patch.object(drawn_maps, "overlay", side_effect=again):
        assert coloured(one, end) is first
        assert overlaid(crop, one, strength=0.5, scale=end) is over
    with patch.object(screen, "scale_of", side_effect=again):
        assert map_scale([one.map]) == end
