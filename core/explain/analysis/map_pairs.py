"""Pair maps of a face: clean with attacked, and methods with one another."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping

from ...types import Array
from ...types.compared_maps import Similarity
from .similarity import similarity

BOTH = "both"  # the clean and the attacked face
Pair = tuple[str, str, str]  # ("clean", a method, another); (BOTH, a method, the same): clean to attacked


def pairs_of(maps: Mapping[str, Mapping[str, Array]], alike: Collection[str]) -> list[Pair]:
    """List the pairs that can be compared, clean with attacked first.

    Args:
        maps: by method, then by "clean" or "attacked".
        alike: methods whose two maps were made with the same settings.
    """
    pairs = [(BOTH, method, method) for method in maps if method in alike]
    for side in ("clean", "attacked"):
        there = [method for method, sides in maps.items() if side in sides]
        pairs += [(side, *two) for two in itertools.combinations_with_replacement(there, 2)]
    return pairs


def compare_pair(maps: Mapping[str, Mapping[str, Array]], pair: Pair, *, top: float) -> Similarity:
    """Compare two maps; `top`: the share of pixels that counts as the top."""
    side, one, other = pair
    if side == BOTH:
        return similarity(maps[one]["clean"], maps[one]["attacked"], k=top, scale="together")
    return similarity(maps[one][side], maps[other][side], k=top, scale="own")


def pairs_sentence(compared: int, count: int) -> str:
    """Say how many of the pairs were compared."""
    return f"{compared} of {count} pairs of maps were compared."
