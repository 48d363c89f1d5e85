"""The nearest references as evidence: counted, measured against the reference, and firm or not on the plane."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.metrics.intervals import wilson
from core.signatures import KINDS, ReferenceSet, load_reference_set, typical_distance
from core.signatures.neighbour_evidence import neighbour_evidence
from core.types import Array, Signature
from core.types.model_card import ReferenceSetCard


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


def test_the_kinds_of_the_nearest_are_counted(references: ReferenceSet) -> None:
    found = neighbour_evidence(references, of(10 * np.eye(3, 5)[1]))
    assert [(one.kind, one.count, one.share) for one in found.shares] == [
        ("real", 0, 0),
        ("fake", 15, 1),
        ("attacked", 0, 0),
    ]
    assert found.shares[1].interval == wilson(15, 15)
    expected = np.sort(np.linalg.norm(references.values - 10 * np.eye(3, 5)[1], axis=1))
    assert found.distance == pytest.approx(expected[14], rel=1e-5)
    assert found.outside is False
    assert found.p > 0.5
    assert found.percentile < 50


def test_what_is_far_is_outside_and_says_how_far(references: ReferenceSet) -> None:
    found = neighbour_evidence(references, of(np.full(5, 80.0)))
    assert found.outside is True
    assert found.p == pytest.approx(1 / 61), "60 of 90 are clean"
    assert found.percentile == 100


def test_a_person_is_no_measure_of_itself() -> None:
    """Each person's nine signatures lie on one spot: what is usual is the distance to others."""
    spots = np.repeat(np.random.default_rng(1).normal(size=(10, 4)) * 9, 9, 0).astype(np.float32)
    threes = made(spots)
    assert np.array_equal(threes.people, np.arange(90) // 3)
    asked = of(spots[0] + 1)
    alone = neighbour_evidence(replace(threes, people=np.arange(90) // 9), asked).p
    assert alone > neighbour_evidence(threes, asked).p


def test_a_small_reference_tells_nothing_of_outside() -> None:
    few = made(np.random.default_rng(0).normal(size=(24, 3)).astype(np.float32))
    assert neighbour_evidence(few, of(np.full(3, 99.0))).outside is None


def test_the_ring_is_small_where_neighbours_agree(references: ReferenceSet) -> None:
    together = made(references.values, np.ones((90, 2), np.float32))
    assert neighbour_evidence(together, of(references.values[3])).ring == pytest.approx(0, abs=1e-6)
    assert neighbour_evidence(references, of(references.values[3] + 1)).ring > 0


def test_the_shipped_references_know_one_of_their_own() -> None:
    shipped = load_reference_set()
    found = neighbour_evidence(shipped, of(shipped.values[30]))
    assert sum(one.count for one in found.shares) == 15
    assert found == neighbour_evidence(shipped, of(shipped.values[30]))
    assert neighbour_evidence(shipped, of(np.roll(shipped.values[30], 7) * 3)).outside
