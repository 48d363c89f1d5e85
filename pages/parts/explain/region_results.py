"""Keep the share of relevance in each region of a face. It is computed once a map."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.engine.results import ResultKey
from core.faces.regions import RegionShare, region_masks, share_by_region
from core.output.region_sentences import attacked_region_sentence, region_sentence
from core.types import Array
from pages.parts.explain.map_columns import Column, Scene
from pages.parts.session.map_results import StoredMap

MAX_MAPS = 64  # maps a session; the oldest go


@dataclass(slots=True, eq=False)
class RegionResults:
    """Hold the masks of a face's regions and the shares of maps by region.

    face: id of the one whose masks they are; masks: by region; shares: by the map's key.
    """

    face: str = ""
    masks: Mapping[str, Array] = field(default_factory=dict, repr=False)
    shares: OrderedDict[ResultKey[Any], list[RegionShare]] = field(default_factory=OrderedDict, repr=False)


def masks_of(scene: Scene) -> Mapping[str, Array]:
    """Return the regions' masks of the face in focus."""
    return _results(scene).masks


def shares_of(scene: Scene, stored: StoredMap) -> list[RegionShare]:
    """Return the share of a map's relevance in each region."""
    kept = _results(scene)
    if stored.key not in kept.shares:
        one = stored.attribution
        kept.shares[stored.key] = share_by_region(one.map, kept.masks, signed=one.signed)
        while len(kept.shares) > MAX_MAPS:
            kept.shares.popitem(last=False)
    return kept.shares[stored.key]


def where_it_lies(scene: Scene, column: Column) -> str:
    """Say where the clean face's map lies, and the attacked one's."""
    shares = [shares_of(scene, stored) for stored in column.found if stored]
    first = column.maps[0]
    said = region_sentence(shares[0], signed=first.signed, target=first.target)
    return " ".join([said, *(attacked_region_sentence(more, signed=first.signed) for more in shares[1:])])


def _results(scene: Scene) -> RegionResults:
    kept, face = scene.session.page_state(RegionResults), scene.judged.face
    if kept.face != face.id:
        masks = region_masks(face, size=scene.session.media.size if scene.session.media else None)
        kept.face, kept.masks, kept.shares = face.id, masks, OrderedDict()  # none of them where there are no masks
    return kept
