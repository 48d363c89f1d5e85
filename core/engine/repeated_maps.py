"""Compute again the maps of a face, and what was read from them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping

import numpy as np

from ..cases.chain import Json
from ..cases.comparison import ARRAYS
from ..cases.replay import Repeated
from ..explain import EXPLAINERS
from ..explain.analysis.map_pairs import BOTH, compare_pair, pairs_of, pairs_sentence
from ..faces.regions import region_masks, share_by_region
from ..output.attack_results_record import face_settings_record
from ..output.map_records import (
    CLEAN_TO_ATTACKED,
    each_made_with_record,
    made_with_record,
    pairs_record,
    region_rows,
    regions_record,
    similarity_rows,
)
from ..output.records import face_record
from ..output.region_sentences import shares_sentence
from ..output.shown_record import csv_file
from ..output.text import format_settings, format_target, join_methods
from ..types import Attribution
from ..types.compared_maps import MeasuredMap
from .repeated_face import RepeatedFace

FACES = {CLEAN_TO_ATTACKED: BOTH}
Maps = Mapping[str, Mapping[str, Attribution]]  # by method, then by "clean" or "attacked"


def repeat_maps(one: RepeatedFace) -> Repeated | None:
    """Compute each map by itself; None where somebody stopped the attack."""
    made, maps = one.kept.results["maps"], one.maps()
    if maps is None:
        return None
    named = {f"{each.attribution.method}.{each.face}": each.attribution.map for each in _each(maps, made)}
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **named)
    results = {"face": face_record(one.face), "detector": one.detector.version}
    settings = face_settings_record(one.detector.version, one.frames, one.attacked(), stop_at=one.stop_at)
    settings["maps"] = made_with_record(list(_each(maps, made)))
    return Repeated(settings, results, files={ARRAYS: buffer.getvalue()}, left=("words",))


def repeat_regions(one: RepeatedFace) -> Repeated | None:
    """Share maps among a face's regions again; None after a stopped attack."""
    maps = one.maps()
    if maps is None:
        return None
    masks = region_masks(one.face, size=one.media.size)
    shares = {
        method: {side: share_by_region(each.map, masks, signed=each.signed) for side, each in sides.items()}
        for method, sides in maps.items()
    }
    rows, words = region_rows(shares), shares_sentence(len(masks), len(maps))
    results, table = regions_record(one.face, rows), csv_file(rows)
    return Repeated(_settings(one, maps), results, words, files={"regions.csv": table()})


def repeat_similarity(one: RepeatedFace) -> Repeated | None:
    """Compare again the pairs that were compared; None after a stopped attack."""
    kept, maps = one.kept, one.maps()
    made, top = kept.settings["made_with"], float(kept.settings["top"])
    if maps is None:
        return None
    arrays = {method: {side: each.map for side, each in sides.items()} for method, sides in maps.items()}
    pairs = pairs_of(arrays, [method for method, sides in made.items() if _are_alike(sides)])
    compared = {(FACES.get(row["face"], row["face"]), row["map"], row["other"]) for row in kept.results["pairs"]}
    found = {pair: compare_pair(arrays, pair, top=top) for pair in pairs if pair in compared}
    rows = similarity_rows(found, top=top)
    results, table = pairs_record(one.face, rows), csv_file(rows)
    words, settings = pairs_sentence(len(found), len(pairs)), _settings(one, maps) | {"top": top}
    return Repeated(settings, results, words, files={"similarity.csv": table()})


def _are_alike(sides: Json) -> bool:
    return len(sides) == 2 and sides["clean"] == sides["attacked"]


def _each(maps: Maps, made: Json) -> Iterator[MeasuredMap]:
    for method, sides in maps.items():
        for side, each in sides.items():
            yield MeasuredMap(side, each, int(made[method][side]["seed"]), ())


def _settings(one: RepeatedFace, maps: Maps) -> Json:
    """Record what the maps were made with, as pages do."""
    made = one.kept.settings["made_with"]
    named = {each.attribution.method: each for each in reversed(list(_each(maps, made)))}  # the first of each
    words = join_methods(
        [
            (
                format_settings(EXPLAINERS[method], named[method].attribution.settings),
                format_target(named[method].attribution.target, named[method].seed),
            )
            for method in maps
        ]
    )
    settings = face_settings_record(one.detector.version, one.frames, one.attacked(), stop_at=one.stop_at)
    return settings | {"maps": words, "made_with": each_made_with_record(list(_each(maps, made)))}
