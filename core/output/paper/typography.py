"""Measure text on paper, and break and size it to a given width."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache

from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.textpath import TextPath

from ...types import InputError

POINT = 25.4 / 72  # millimetres


def missing_glyphs(text: str, *, face: str) -> list[str]:
    """List the characters that neither the typeface nor DejaVu Sans can draw."""
    known = {code for name in (face, "DejaVu Sans") for code in get_font(findfont(name)).get_charmap()}
    return sorted({sign for sign in text if ord(sign) not in known})


def check_glyphs(text: str, *, face: str) -> None:
    """Refuse names with characters that cannot be drawn."""
    if unknown := missing_glyphs(text, face=face):
        raise InputError(f"the type of the figure has no sign for {' '.join(unknown)}: choose other names")


def width_of(text: str, *, points: float, face: str) -> float:
    """Return the width of a line of text, in millimetres."""
    return _em_widths(text, face) * points * POINT


@lru_cache(maxsize=4096)
def _em_widths(text: str, face: str) -> float:
    """Return the width of a line of text, as a multiple of its size."""
    if not text.strip():
        return 0.0
    path = TextPath((0, 0), text, size=100, prop=FontProperties(family=[face, "DejaVu Sans"]), usetex=False)
    return float(path.get_extents().width) / 100


def wrap(text: str, room: float, *, points: float, face: str) -> list[str]:
    """Break text at spaces into lines of at most `room` millimetres.

    A longer word has a line of its own.

    Args:
        text: to break.
        room: in millimetres.
        points: size.
        face: typeface.
    """
    lines: list[str] = []
    for word in text.split(" ") if text else ():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(longer, points=points, face=face) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _hyphenated(word: str, room: float, *, points: float, face: str) -> list[str]:
    """Hyphenate a word that is too long for a line."""
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


def fit_text(
    texts: Sequence[str], room: float, *, points: float, min_points: float, face: str, max_lines: int = 3
) -> tuple[list[list[str]], float]:
    """Break all texts into lines of at most `room` millimetres, equally sized.

    The size goes down from `points` by quarters, not below `min_points`: there, words that are too long are hyphenated.

    Args:
        texts: to break.
        room: in millimetres.
        points: largest size.
        min_points: smallest size.
        face: typeface.
        max_lines: of each text.
    """
    size = points
    while True:
        lines = [wrap(text, room, points=size, face=face) for text in texts]
        widest = max((width_of(one, points=size, face=face) for text in lines for one in text), default=0.0)
        if widest <= room and max(map(len, lines), default=0) <= max_lines:
            return lines, size
        if size <= min_points:
            fits = [[width_of(one, points=size, face=face) <= room for one in text] for text in lines]
            parts = [
                [
                    part
                    for one, fine in zip(text, fine_ones, strict=True)
                    for part in ([one] if fine else _hyphenated(one, room, points=size, face=face))
                ]
                for text, fine_ones in zip(lines, fits, strict=True)
            ]
            return parts, size
        size = max(min_points, size - 0.25)
