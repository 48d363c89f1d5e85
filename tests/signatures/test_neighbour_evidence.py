"""The nearest references as evidence: counted, measured against the reference, and firm or not on the plane."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.metrics.intervals import wilson
from core.signatures import KINDS, ReferenceSet, load_reference_set, place, typical_distance
from core.types import Array, Signature
from core.types.model_card import ReferenceSetCard
from core.types.placements import NeighbourEvidence


def made(values: Array, coordinates: Array | None = None) -> ReferenceSet:
    kinds = np.arange(len(values)) % 3
    places = values[:, :2].copy() if coordinates is None else coordinates
    card = ReferenceSetCard(name="made up", title="Made up", detector="none", kinds=KINDS, attacks=("none", "pgd"))
    nothing = np.zeros((len(values), 4, 4))
    return ReferenceSet(values, places, kinds, np.zeros(len(values), int), nothing, typical_distance(values), card)


@pytest.fixture(scope="module")
def references() -> ReferenceSet:
    """Three clusters, one a kind."""
    rng = np.random.default_rng(0)
    return made((rng.normal(size=(90, 5)) + 10 * np.eye(3, 5)[np.arange(90) % 3]).astype(np.float32))


def of(values: Array) -> Signature:
    return Signature("lrp-penultimate", values.astype(np.float32), "x")


def evidence(references: ReferenceSet, found: Signature) -> NeighbourEvidence:
    return place(references, found).evidence


def test_the_kinds_of_the_nearest_are_counted(references: ReferenceSet) -> None:
    placed = place(references, of(10 * np.eye(3, 5)[1]))
    found = placed.evidence
    assert [(one.kind, one.count, one.share) for one in found.shares] == [
        ("real", 0, 0),
        ("fake", 15, 1),
        ("attacked", 0, 0),
    ]
    assert found.shares[1].interval == wilson(15, 15)
    expected = np.sort(np.linalg.norm(references.values - 10 * np.eye(3, 5)[1], axis=1))
    assert [one.distance for one in placed.neighbours] == pytest.approx(expected[:15], rel=1e-5)
    assert found.distance == placed.neighbours[-1].distance, "the one in the table"
    assert found.outside is False
    assert found.p is not None
    assert found.p > 0.5
    assert found.percentile is not None
    assert found.percentile < 50


def test_what_is_far_is_outside_and_says_how_far(references: ReferenceSet) -> None:
    found = evidence(references, of(np.full(5, 80.0)))
    assert found.outside is True
    assert found.p == pytest.approx(1 / 61), "60 of 90 are clean"
    assert found.percentile == 100
    assert found.compared == 60


def test_the_numbers_of_a_line_are_those_by_hand() -> None:
    """Sixty people stand a step apart, in threes of one kind each; the last of 15 others is 8 to 15 steps away."""
    line = made(np.arange(60, dtype=np.float32)[:, None] * [1, 0])
    line = replace(line, people=np.arange(60), typical=1.0)
    found = evidence(line, of(np.asarray([-3.0, 0])))
    assert found.distance == 17, "to the one at 14"
    assert [one.count for one in found.shares] == [5, 5, 5]
    assert (found.compared, found.percentile) == (40, 100)
    assert found.p == pytest.approx(1 / 41)
    at_the_end = evidence(line, of(np.asarray([0.0, 0])))
    assert at_the_end.distance == 14
    steps = [max(8, 15 - min(at, 59 - at)) for at in range(60) if at % 3 != 2]
    assert at_the_end.percentile == pytest.approx(100 * np.mean([step < 14 for step in steps]))
    assert at_the_end.p == pytest.approx((1 + sum(step >= 14 for step in steps)) / 41)
    assert at_the_end.outside is False


def test_a_person_is_no_measure_of_itself() -> None:
    """Each person's nine signatures lie on one spot: what is usual is the distance to others."""
    spots = np.repeat(np.random.default_rng(1).normal(size=(10, 4)) * 9, 9, 0).astype(np.float32)
    threes = made(spots)
    assert np.array_equal(threes.people, np.arange(90) // 3)
    assert not threes.people_known
    asked, nines = of(spots[0] + 1), replace(threes, people=np.arange(90) // 9)
    assert nines.people_known
    alone, by_threes = evidence(nines, asked).p, evidence(threes, asked).p
    assert alone is not None
    assert by_threes is not None
    assert alone > by_threes


def test_a_small_reference_tells_nothing_of_outside() -> None:
    few = made(np.random.default_rng(0).normal(size=(24, 3)).astype(np.float32))
    found = evidence(few, of(np.full(3, 99.0)))
    assert (found.p, found.percentile, found.outside, found.compared) == (None, None, None, 16)
    alone = replace(few, people=np.zeros(24, int))
    assert evidence(alone, of(np.full(3, 99.0))).compared == 0, "nobody else to be near to"
    two = made(np.asarray([[0, 0], [0, 4]], np.float32))
    found = evidence(two, of(np.asarray([0.0, 2])))
    assert [one.count for one in found.shares] == [1, 1, 0]
    assert (found.distance, found.outside) == (2, None)
    assert found.ring == pytest.approx(2), "from the middle to either"
    one = made(np.asarray([[1, 1]], np.float32))
    assert evidence(one, of(np.asarray([1.0, 2]))).ring == 0


def test_the_ring_is_small_where_neighbours_agree(references: ReferenceSet) -> None:
    together = made(references.values, np.ones((90, 2), np.float32))
    assert evidence(together, of(references.values[3])).ring == pytest.approx(0, abs=1e-6)
    assert evidence(references, of(references.values[3] + 1)).ring > 0


def test_the_shipped_references_know_one_of_their_own() -> None:
    shipped = load_reference_set()
    found = evidence(shipped, of(shipped.values[30]))
    assert sum(one.count for one in found.shares) == 15
    assert found == evidence(shipped, of(shipped.values[30]))
    assert evidence(shipped, of(np.roll(shipped.values[30], 7) * 3)).outside
