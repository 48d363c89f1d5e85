"""Show pictures of one size that zoom and pan in step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.types import Array
from core.types.arrays import check
from pages.parts.widgets.encoded_images import png_of
from pages.parts.widgets.media_files import MediaFiles
from pages.parts.widgets.own_component import own_component


@dataclass(frozen=True, slots=True, eq=False)
class ComparedPicture:
    """Hold one picture: title, alternative text, and what is read under the pointer.

    image: (H, W, 3) uint8 as it is drawn.
    values: (H, W) of a map, read in place of the colours; None for a photograph.
    """

    title: str
    alt: str
    image: Array
    values: Array | None = None

    def __post_init__(self) -> None:
        fine = self.image.ndim == 3 and self.image.dtype == np.uint8
        check(fine, "a compared picture is (H, W, 3) uint8", f"{self.image.shape} {self.image.dtype}")
        same = self.values is None or self.values.shape == self.image.shape[:2]
        check(same, "a map's values are one a pixel of its picture", None if same else self.values.shape)  # type: ignore[union-attr]


def compare_pictures(pictures: Sequence[ComparedPicture], *, key: str, pair: tuple[int, int] = (0, 1)) -> None:
    """Draw pictures side by side, or one over the other.

    Wheel, drag, pinch and keys zoom and move all of them; the values under the pointer stand below. What a person set
    stays when the pictures change.

    Args:
        pictures: of one size, one or more.
        key: tells the place from others of the page.
        pair: the two pictures that are slid and swapped until a person chooses others.
    """
    shape = pictures[0].image.shape
    same = all(one.image.shape == shape for one in pictures)
    check(same, "compared pictures have one size", [one.image.shape for one in pictures])
    last = len(pictures) - 1
    check(len(pictures) == 1 or max(pair) <= last, "a pair is of the pictures compared", pair)
    served = MediaFiles(key)
    sent = [_sent(one, served) for one in pictures]
    _COMPARE(key=key, data={"pictures": sent, "size": [shape[1], shape[0]], "pair": [min(k, last) for k in pair]})


def _sent(one: ComparedPicture, served: MediaFiles) -> dict[str, str]:
    url = served.address(png_of(one.image, longest=None), "image/png")
    sent = {"title": one.title, "alt": one.alt, "url": url}
    if one.values is not None:
        sent["values"] = served.address(np.ascontiguousarray(one.values, "<f4"))
    return sent


_COMPARE = own_component("compare", "linked_pictures", "compare")
