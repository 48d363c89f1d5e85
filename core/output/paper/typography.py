"""Type that fits: the width of words on paper, and lines broken and sized to a given width."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache

from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.textpath import TextPath

from ...types import InputError

POINT = 25.4 / 72  # millimetres


def missing(text: str, *, face: str) -> list[str]:
    """The signs of `text` that neither the typeface nor DejaVu Sans, which stands in for it, can draw."""
    known = {code for name in (face, "DejaVu Sans") for code in get_font(findfont(name)).get_charmap()}
    return sorted({sign for sign in text if ord(sign) not in known})


def check_signs(text: str, *, face: str) -> None:
    """Refuse names with signs that cannot be drawn."""
    if unknown := missing(text, face=face):
        raise InputError(f"the type of the figure has no sign for {' '.join(unknown)}: choose other names")


def width_of(text: str, *, points: float, face: str) -> float:
    """The width of a line of type, in millimetres."""
    return _em_widths(text, face) * points * POINT


@lru_cache(maxsize=4096)
def _em_widths(text: str, face: str) -> float:
    """The width of a line of type, as a multiple of its size."""
    if not text.strip():
        return 0.0
    path = TextPath((0, 0), text, size=100, prop=FontProperties(family=[face, "DejaVu Sans"]), usetex=False)
    return float(path.get_extents().width) / 100


def wrapped(text: str, room: float, *, points: float, face: str) -> list[str]:
    """`text` in lines of at most `room` millimetres, broken at plain spaces; a longer word has a line of its own."""
    lines: list[str] = []
    for word in text.split(" ") if text else ():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(longer, points=points, face=face) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _parted(word: str, room: float, *, points: float, face: str) -> list[str]:
    """A word that is too long for a line, parted with hyphens; at least three signs in each part."""
    parts: list[str] = []
    while len(word) > 3:
        ends = range(3, len(word))  # the longest that fits: the width grows with the prefix
        fit = bisect_right(ends, room, key=lambda end: width_of(word[:end] + "-", points=points, face=face))
        if not fit:
            break
        parts, word = [*parts, word[: ends[fit - 1]] + "-"], word[ends[fit - 1] :]
        if width_of(word, points=points, face=face) <= room:
            break
    return [*parts, word]


def fitted(
    texts: Sequence[str], room: float, *, points: float, least: float, face: str, most: int = 3
) -> tuple[list[list[str]], float]:
    """All texts in lines of at most `room` millimetres, `most` lines each, and the one size, in points, that does it.

    The size goes down from `points` by quarters, not below `least`: there, words that are too long are parted.
    """
    size = points
    while True:
        lines = [wrapped(text, room, points=size, face=face) for text in texts]
        widest = max((width_of(one, points=size, face=face) for text in lines for one in text), default=0.0)
        if widest <= room and max(map(len, lines), default=0) <= most:
            return lines, size
        if size <= least:
            fits = [[width_of(one, points=size, face=face) <= room for one in text] for text in lines]
            parts = [
                [
                    part
                    for one, fine in zip(text, fine_ones, strict=True)
                    for part in ([one] if fine else _parted(one, room, points=size, face=face))
                ]
                for text, fine_ones in zip(lines, fits, strict=True)
            ]
            return parts, size
        size = max(least, size - 0.25)
