"""Distances of signatures: one function finds the nearest, and all that is said of distances comes from it."""

from __future__ import annotations

import numpy as np
import pytest

from core.signatures.reference_distance import ROWS, kth_distances, nearest_references, typical_distance
from core.types import Array


@pytest.fixture(scope="module")
def references() -> Array:
    return np.random.default_rng(0).normal(size=(300, 20)).astype(np.float32)


def by_hand(values: Array, references: Array) -> Array:
    """All distances, one by one."""
    return np.asarray([[np.linalg.norm(one.astype(float) - other) for other in references] for one in values])


def test_the_nearest_are_those_of_all_distances(references: Array) -> None:
    asked = np.random.default_rng(1).normal(size=(2 * ROWS + 3, 20)).astype(np.float32)
    indices, distances = nearest_references(asked, references, 15)
    expected = by_hand(asked, references)
    assert np.array_equal(indices, np.argsort(expected, axis=1)[:, :15])
    assert distances == pytest.approx(np.sort(expected, axis=1)[:, :15], rel=1e-5)
    assert np.array_equal(kth_distances(asked, references), distances[:, -1])


def test_what_lies_on_one_spot_is_exactly_there_and_in_order(references: Array) -> None:
    twice = np.concatenate([references, references]) + 1000  # where a product of matrices rounds to nothing
    indices, distances = nearest_references(twice[:3], twice, 2)
    assert indices.tolist() == [[0, 300], [1, 301], [2, 302]]
    assert not distances.any()


def test_ones_own_are_no_neighbours(references: Array) -> None:
    people = np.arange(300) // 3
    indices, distances = nearest_references(references, references, 5, owners=(people, people))
    assert (people[indices] != people[:, None]).all()
    expected = by_hand(references, references)
    expected[people[:, None] == people] = np.inf
    assert distances == pytest.approx(np.sort(expected, axis=1)[:, :5], rel=1e-5)
    one = np.zeros(300, int)
    assert np.isinf(kth_distances(references, references, owners=(one, one), k=1)).all(), "there is nobody else"


def test_fewer_than_asked_for_are_all_there_are(references: Array) -> None:
    indices, distances = nearest_references(references[:2], references[:4], 15)
    assert indices.shape == distances.shape == (2, 4)
    assert np.isinf(kth_distances(references[:2], references[:4])).all()
    assert kth_distances(references[:0], references).shape == (0,), "as where every reference is attacked"


def test_typical_distance_is_the_median_nearest_neighbour() -> None:
    assert typical_distance(np.asarray([[0], [1], [3], [7]], np.float32)) == pytest.approx(1.5)
