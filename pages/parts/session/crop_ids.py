"""Hash each face crop and each map once, however often its page is drawn."""

from __future__ import annotations

import weakref

from core.types import Array, content_id

_known: dict[int, tuple[weakref.ref[Array], str]] = {}


def crop_id(crop: Array) -> str:
    """Return the content hash of a crop or a map.

    Nobody changes it once it was made.
    """
    place = id(crop)
    if (known := _known.get(place)) and known[0]() is crop:
        return known[1]
    made = content_id(crop)
    _known[place] = weakref.ref(crop, lambda _: _known.pop(place, None)), made
    return made
