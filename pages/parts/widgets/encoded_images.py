"""Draw and encode each image once, however often its page is drawn."""

from __future__ import annotations

from collections.abc import Callable

from core.media.images import encode_png, within
from core.types import Array
from pages.parts.session.crop_ids import crop_id
from pages.parts.session.kept_values import KeptValues

LIMIT = 64 * 2**20  # bytes of all images of all sessions; the one that nobody asked for longest goes
DRAWN_LIMIT = 32 * 2**20  # bytes of those that are kept as pixels
SHOWN = 1460  # pixels: Streamlit makes wider images narrower, at each drawing
LEVEL = 1  # of PNG's compression: it goes no further than this machine or its network

_encoded: KeptValues[bytes] = KeptValues(len)
_drawn: KeptValues[Array] = KeptValues(lambda image: image.nbytes)


def png_of(image: Array, *, longest: int | None = SHOWN) -> bytes:
    """Return an image (H, W, 3) uint8 as PNG, at most `longest` pixels long.

    Nobody changes it afterwards.
    """
    return drawn_png(crop_id(image), lambda: image, longest=longest)


def drawn_png(of: str, draw: Callable[[], Array], *, longest: int | None = SHOWN) -> bytes:
    """Return what `draw` makes as PNG; it is asked once.

    Args:
        of: names all that the drawing depends on.
        draw: returns an image (H, W, 3) uint8.
        longest: pixels of the longer side, at most; None for as many as there are.
    """

    def encode() -> bytes:
        image = draw()
        return encode_png(image if longest is None else within(image, longest), level=LEVEL)

    return _encoded.get(f"{of} {longest}", encode, limit=LIMIT)


def drawn_image(of: str, draw: Callable[[], Array]) -> Array:
    """Return what `draw` makes, as pixels that nobody can change; it is asked once.

    `of`: names all that the drawing depends on.
    """

    def frozen() -> Array:
        made = draw()
        made.flags.writeable = False
        return made

    return _drawn.get(of, frozen, limit=DRAWN_LIMIT)
