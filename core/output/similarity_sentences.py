"""Say which maps agree, and which the attack moved most."""

from __future__ import annotations

from collections.abc import Mapping

from ..types.compared_maps import Similarity
from .text import signed_number

MEASURES = {"ssim": "In structure", "rank": "In the order of pixels", "top_k": "In their top pixels"}


def similarity_sentence(
    found: Mapping[tuple[str, str, str], Similarity], titles: Mapping[str, str], measure: str
) -> str:
    """Name the maps that agree most and least, and the one moved most.

    Args:
        found: by the face ("both": the clean and the attacked one) and the two methods.
        titles: by method; others are not shown, so not told of.
        measure: the field of a similarity that is shown; where it is degenerate a pair is not told of.
    """
    values = {
        pair: value
        for pair, one in found.items()
        if {pair[1], pair[2]} <= titles.keys() and (value := getattr(one, measure)) is not None
    }
    agree = {(one, other): value for (face, one, other), value in values.items() if face == "clean" and one != other}
    moved = {one: value for (face, one, _), value in values.items() if face == "both"}
    said = [*_agreeing(agree, titles), *_moved(moved, titles)]
    return f"{MEASURES[measure]} {'; '.join(said)}." if said else "There are no two maps here that can be compared."


def _agreeing(values: Mapping[tuple[str, str], float], titles: Mapping[str, str]) -> list[str]:
    """Name the pairs of maps that are most and least alike; nothing where there is no pair."""
    if not values:
        return []
    ends = max(values, key=values.__getitem__), min(values, key=values.__getitem__)
    (most, high), (least, low) = (
        (f"{titles[one]} and {titles[other]}", signed_number(values[one, other], 2)) for one, other in ends
    )
    return [f"{most} agree at {high}" if len(values) == 1 else f"{most} agree most ({high}), {least} least ({low})"]


def _moved(values: Mapping[str, float], titles: Mapping[str, str]) -> list[str]:
    """Name the map that the attack moved most; nothing where none was compared."""
    if not values:
        return []
    least = min(values, key=values.__getitem__)
    most = " most" if len(values) > 1 else ""
    return [f"the attack moved {titles[least]}{most} ({signed_number(values[least], 2)} to its clean map)"]
