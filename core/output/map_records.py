"""Record maps with their metrics, shares of face regions, and how alike maps are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..faces.regions import RegionShare
from ..types import Face
from ..types.compared_maps import MeasuredMap, Similarity
from .records import Record, face_record, map_record, quality_record

CLEAN_TO_ATTACKED = "clean to attacked"  # what a row of both faces says in their place
MADE_WITH = ("target", "settings", "seed")


def maps_record(face: Face, detector: str, maps: Sequence[MeasuredMap]) -> Record:
    """Record maps of a face by method, then by clean or attacked.

    Args:
        face: the clean one.
        detector: its version.
        maps: with their metrics.
    """
    return {"face": face_record(face), "detector": detector, "maps": _by_method(maps)}


def _by_method(maps: Sequence[MeasuredMap]) -> dict[str, Record]:
    out: dict[str, Record] = {}
    for one in maps:
        measured = map_record(one.attribution) | {"seed": one.seed} | quality_record(one.metrics)
        out.setdefault(one.attribution.method, {})[one.face] = measured
    return out


def made_with_record(maps: Sequence[MeasuredMap]) -> Record:
    """Record what maps were made with, once where both faces have the same."""
    out: Record = {}
    for method, sides in _by_method(maps).items():
        made = [{key: side[key] for key in MADE_WITH} for side in sides.values()]
        out[method] = made[0] if all(one == made[0] for one in made) else made
    return out


def each_made_with_record(maps: Sequence[MeasuredMap]) -> Record:
    """Record what each map was made with, by method, then by clean or attacked."""
    return {
        method: {face: {key: one[key] for key in MADE_WITH} for face, one in sides.items()}
        for method, sides in _by_method(maps).items()
    }


def quality_rows(maps: Sequence[MeasuredMap]) -> list[Record]:
    """Make a row of each metric of each map."""
    return [
        {
            "map": one.attribution.method,
            "face": one.face,
            "target": one.attribution.target,
            "seconds": round(one.attribution.seconds, 4),
            "figure": metric.name,
            "value": "" if metric.degenerate else metric.value,
            "better": metric.better,
            "degenerate": metric.degenerate or "",
            "meaning": metric.meaning,
        }
        for one in maps
        for metric in one.metrics
    ]


def regions_record(face: Face, rows: list[Record]) -> Record:
    """Record the rows of `region_rows` with the face."""
    return {"face": face_record(face), "regions": rows}


def region_rows(found: Mapping[str, Mapping[str, Sequence[RegionShare]]]) -> list[Record]:
    """Make a row of each region of each map.

    `found`: shares by method, then by clean or attacked.
    """
    return [
        {
            "map": method,
            "face": face,
            "region": share.region,
            "relevance": share.relevance,
            "positive": share.positive,
            "negative": share.negative,
            "area": share.area,
            "density": share.density,
        }
        for method, sides in found.items()
        for face, shares in sides.items()
        for share in shares
    ]


def pairs_record(face: Face, rows: list[Record]) -> Record:
    """Record the rows of `similarity_rows` with the face."""
    return {"face": face_record(face), "pairs": rows}


def similarity_rows(found: Mapping[tuple[str, str, str], Similarity], *, top: float) -> list[Record]:
    """Make a row of each pair of maps, clean with attacked first.

    Args:
        found: by the face ("both": the clean and the attacked one) and the two methods.
        top: share of pixels that counts as the top.
    """
    ordered = sorted(found.items(), key=lambda pair: pair[0][0] != "both")
    return [
        {
            "face": CLEAN_TO_ATTACKED if face == "both" else face,
            "map": one,
            "other": other,
            "ssim": alike.ssim,
            "rank": alike.rank,
            "top_k": alike.top_k,
            "k": top,
            "degenerate": alike.degenerate or "",
        }
        for (face, one, other), alike in ordered
    ]
