"""What a queue keeps of a face beside its verdict: maps and a signature's place, as they were, and those of before."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest

from core.engine.explained_pack import Explained, pack_explained, unpack_explained
from core.types import Attribution, InputError, Neighbour, Placement
from core.types.placements import KindShare, NeighbourEvidence

MAP = Attribution("saliency", {"eps": 0.1}, "margin", "x", np.eye(3, dtype=np.float32), True, (), 0.2)


@pytest.mark.parametrize("told", [True, False])
def test_a_place_comes_back_with_its_evidence(told: bool) -> None:
    shares = (KindShare("real", 1, 1 / 3, (0.06, 0.79)), KindShare("fake", 2, 2 / 3, (0.2, 0.94)))
    percentile, p, outside = (12.5, 0.875, False) if told else (None, None, None)
    evidence = NeighbourEvidence(shares, 1 / 3, percentile, p, outside, 40, 0.1)
    place = Placement((1 / 3, -2.0), (Neighbour(7, "fake", "pgd", 1 / 7),), 1.5, evidence)
    of, (one,), found, references = unpack_explained(pack_explained(Explained("x", [MAP], place, "0" * 64)))
    assert (of, references) == ("x", "0" * 64)
    assert np.array_equal(one.map, MAP.map)
    assert found
    assert found.evidence == evidence
    assert (found.xy, found.novelty) == (place.xy, 1.5)
    assert [(n.index, n.kind, n.attack, n.distance) for n in found.neighbours] == [(7, "fake", "pgd", 1 / 7)]


def packed(place: object) -> bytes:
    """A pack whose place is written otherwise."""
    rows = [["saliency", {}, "margin", True, 0.2]]
    out = io.BytesIO()
    text = np.frombuffer(json.dumps(["x", rows, place]).encode(), np.uint8)
    np.savez_compressed(out, allow_pickle=False, rows=text, map0=MAP.map)
    return out.getvalue()


def test_maps_of_before_are_kept_and_a_place_without_evidence_is_none() -> None:
    of, maps, place, references = unpack_explained(packed([[0.0, 1.0], [[7, "fake", "none", 0.1]], 1.2]))
    assert (of, len(maps), place, references) == ("x", 1, None, "")


def test_a_damaged_place_is_said() -> None:
    with pytest.raises(InputError, match="kept maps of this file are damaged"):
        unpack_explained(packed({"xy": [0.0, 1.0]}))
