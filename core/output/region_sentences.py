"""Say in one sentence where on the face a map lies."""

from __future__ import annotations

from collections.abc import Sequence

from ..faces.regions import RegionShare
from ..types import Target

PLACES = {
    "eyes": "about the eyes",
    "nose": "about the nose",
    "mouth": "about the mouth",
    "skin": "on the skin",
    "outline": "along the outline of the face",
    "background": "outside of the face",
}


def region_sentence(shares: Sequence[RegionShare], *, signed: bool, target: Target = "margin") -> str:
    """Name the region that holds most of what speaks for the explained output.

    Of an unsigned map most of what moves it, whichever way.

    Args:
        shares: of every region.
        signed: whether the map's values have a sign.
        target: the explained output.
    """
    share, region = _most(shares, signed=signed)
    what = f"speaks for “{'not manipulated' if target == 'real' else 'manipulated'}”" if signed else "moves the score"
    return f"{share:.0%} of what {what} lies {PLACES[region]}." if share else f"Nothing in this map {what}."


def shares_sentence(regions: int, maps: int) -> str:
    """Say of how many regions and maps shares are shown."""
    return f"The share of relevance in each of {regions} regions of the face, of {maps} maps."


def attacked_region_sentence(shares: Sequence[RegionShare], *, signed: bool) -> str:
    """Say the same of the attacked face, behind the sentence on the clean one."""
    share, region = _most(shares, signed=signed)
    return f"Attacked: {share:.0%} {PLACES[region]}." if share else "Attacked: nothing."


def _most(shares: Sequence[RegionShare], *, signed: bool) -> tuple[float, str]:
    return max(((one.positive if signed else one.relevance) or 0.0, one.region) for one in shares)
