"""Encode each image once, however often its page is drawn."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from core.media.images import encode_png, within
from core.types import Array, content_id

LIMIT = 64 * 2**20  # bytes of all images of all sessions; the one that nobody asked for longest goes
SHOWN = 1460  # pixels: Streamlit makes wider images narrower, at each drawing
LEVEL = 1  # of PNG's compression: it goes no further than this machine or its network

_kept: OrderedDict[str, bytes] = OrderedDict()
_lock = threading.Lock()


def png_of(image: Array, *, longest: int | None = SHOWN) -> bytes:
    """Return an image (H, W, 3) uint8 as PNG, at most `longest` pixels long."""
    return drawn_png(content_id(image), lambda: image, longest=longest)


def drawn_png(of: str, draw: Callable[[], Array], *, longest: int | None = SHOWN) -> bytes:
    """Return what `draw` makes as PNG; it is asked once.

    Args:
        of: names all that the drawing depends on.
        draw: returns an image (H, W, 3) uint8.
        longest: pixels of the longer side, at most; None for as many as there are.
    """
    key = f"{of} {longest}"
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    image = draw()
    made = encode_png(image if longest is None else within(image, longest), level=LEVEL)
    with _lock:
        _kept[key] = made
        while len(_kept) > 1 and sum(map(len, _kept.values())) > LIMIT:
            _kept.popitem(last=False)
    return made
