"""Show pictures of one size that zoom and pan in step."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from streamlit.components.v2 import component

from core.media.images import encode_png
from core.types import Array
from core.types.arrays import check

HERE = Path(__file__).parent


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


def compare_pictures(pictures: Sequence[ComparedPicture], *, key: str) -> None:
    """Draw pictures side by side, or one over the other.

    Wheel, drag, pinch and keys zoom and move all of them; the values under the pointer stand below. What a person set
    stays when the pictures change.

    Args:
        pictures: of one size, one or more; sliding and swapping take the first two.
        key: tells the place from others of the page.
    """
    shape = pictures[0].image.shape
    same = all(one.image.shape == shape for one in pictures)
    check(same, "compared pictures have one size", [one.image.shape for one in pictures])
    data: dict[str, Any] = {"pictures": [_sent(one) for one in pictures], "size": [shape[1], shape[0]]}
    _COMPARE(key=key, data=data)


def _sent(one: ComparedPicture) -> dict[str, str]:
    url = "data:image/png;base64," + base64.b64encode(encode_png(one.image)).decode()
    sent = {"title": one.title, "alt": one.alt, "url": url}
    if one.values is not None:
        sent["values"] = base64.b64encode(np.ascontiguousarray(one.values, "<f4").tobytes()).decode()
    return sent


def _source(name: str) -> str:
    return (HERE / name).read_text("utf-8")


_COMPARE = component("prosopon_compare", css=_source("compare.css"), js=_source("compare.js"))
