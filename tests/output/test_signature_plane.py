"""Signatures on a plane, as they are drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.output import screen
from core.types import InputError

PLACES = np.asarray([[0, 0], [10, 5], [5, 20]], np.float32)


def plane(**facts: Any) -> screen.SignaturePlane:
    given: dict[str, Any] = {
        "places": PLACES,
        "kinds": np.asarray([0, 1, 2]),
        "attacks": np.asarray([0, 0, 1]),
        "kind_names": ("real", "fake", "attacked"),
        "attack_names": ("none", "pgd"),
    }
    return screen.SignaturePlane(**given | facts)


def test_points_keep_their_places_to_each_other_inside_of_the_plane() -> None:
    points = plane().points()
    assert points.dtype == np.dtype("<f4")
    assert points.tobytes()[:4] == np.float32(0.04).tobytes(), "little-endian, with room at the side"
    assert points[:, 0].tolist() == pytest.approx([0.04, 0.96, 0.5])
    assert points[:, 1].tolist() == pytest.approx([0.96, 0.73, 0.04]), "what lies higher is drawn higher"
    assert points[:, 2:].tolist() == [[0, 0], [1, 0], [2, 1]]


def test_the_present_ones_are_on_the_plane_too() -> None:
    far = plane(present=[screen.PresentSignature("this face", "fake", (-10.0, 0.0))])
    (one,) = far.record()["present"]
    assert one["name"] == "this face"
    assert one["colour"] == screen.COLOURS["fake"]
    assert one["at"] == pytest.approx([0.04, 0.96])
    assert far.points()[:, 0].tolist() == pytest.approx([0.5, 0.96, 0.73]), "all make room for it"
    same = plane(present=[screen.PresentSignature("this face", "fake", (5.0, 5.0))])
    assert same.points().tobytes() == plane().points().tobytes(), "inside, it moves nothing: nothing is sent again"


def test_the_ring_is_as_large_as_the_plane_shows_its_unit() -> None:
    """Ten wide and twenty high: a radius of two is twice as much of the width as of the height."""
    (one,) = plane(present=[screen.PresentSignature("this face", "fake", (5.0, 5.0), 2.0)]).record()["present"]
    assert one["ring"] == pytest.approx([2 / 10 * 0.92, 2 / 20 * 0.92])
    (none,) = plane(present=[screen.PresentSignature("this face", "fake", (5.0, 5.0))]).record()["present"]
    assert none["ring"] == [0, 0]


def test_kinds_have_words_colours_and_marks_of_their_own() -> None:
    kinds = plane().record()["kinds"]
    assert [kind["name"] for kind in kinds] == ["real", "forged", "attacked"]
    assert len({kind["colour"] for kind in kinds}) == len({kind["shape"] for kind in kinds}) == 3


def test_one_point_is_in_the_plane() -> None:
    one = plane(places=PLACES[:1], kinds=np.asarray([0]), attacks=np.asarray([0])).points()
    assert np.isfinite(one).all()
    assert ((one[:, :2] >= 0) & (one[:, :2] <= 1)).all()


def test_lengths_that_differ_and_strange_indices_are_refused() -> None:
    with pytest.raises(InputError, match="a place, kind and attack a reference"):
        plane(kinds=np.asarray([0, 1]))
    with pytest.raises(InputError, match="0 to 2"):
        plane(picked=3)
    with pytest.raises(InputError, match="0 to 2"):
        plane(marked=[0, -1])
