"""Colour each map once, however often its page is drawn."""

from __future__ import annotations

from collections.abc import Sequence

from core.output import screen
from core.output.screen.colour_maps import overlay
from core.types import Array, Attribution
from pages.parts.session.crop_ids import crop_id
from pages.parts.session.kept_values import KeptValues
from pages.parts.widgets.encoded_images import drawn_image

MAX_SCALES = 256

_scales: KeptValues[float] = KeptValues()


def map_scale(maps: Sequence[Array]) -> float:
    """Return the shared colour bar's end of some maps (H, W), which nobody changes."""
    return _scales.get(tuple(map(crop_id, maps)), lambda: screen.scale_of(maps), limit=MAX_SCALES)


def coloured(one: Attribution, scale: float) -> Array:
    """Return a map in colours (H, W, 3) uint8.

    `scale`: end of the colours.
    """
    of = f"map {crop_id(one.map)} {one.signed} {scale!r}"
    return drawn_image(of, lambda: screen.colour_map(one.map, signed=one.signed, scale=scale))


def overlaid(crop: Array, one: Attribution, *, strength: float, scale: float) -> Array:
    """Return a map in colours over the grey crop, (H, W, 3) uint8.

    Args:
        crop: (H, W, 3) uint8, which nobody changes.
        one: the map.
        strength: 0 shows the crop alone, 1 the map alone.
        scale: end of the colours.
    """
    of = f"map {crop_id(one.map)} {one.signed} {scale!r} {strength!r} over {crop_id(crop)}"
    return drawn_image(of, lambda: overlay(crop, one.map, signed=one.signed, strength=strength, scale=scale))
