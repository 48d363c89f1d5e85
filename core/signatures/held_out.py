"""Judge signatures by those of other people: nearest neighbours and distance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..types import Array
from .reference_distance import LEVEL, NEAR, clean_distances, conformal_p, kth_distances, nearest_references

FOLDS = 5  # of people
ByPeople = tuple[Array, Array]  # values (N, D) and people (N,)


def nearest_votes(values: Array, labels: Array, people: Array, *, k: int = NEAR) -> Array:
    """Return the label (N,) that most of the k nearest of other people have.

    In the original space; people are dealt to five folds in turn.

    Args:
        values: (N, D) signatures.
        labels: (N,) int; the smallest of those that equally many have.
        people: (N,) a number for each person, from 0.
        k: how many neighbours.
    """
    voted, names = np.empty_like(labels), np.unique(labels)
    for held in (one for one in _folds(people) if one.any()):
        near, _ = nearest_references(values[held], values[~held], k)
        votes = (labels[~held][near][..., None] == names).sum(1)
        voted[held] = names[votes.argmax(1)]
    return voted


def nearest_accuracy(values: Array, labels: Array, people: Array, names: Sequence[str]) -> dict[str, float]:
    """Return the share that the 15 nearest of other people name rightly.

    In all and by label.

    Nothing where there are fewer than five people or two labels, or too few signatures of others. In the original
    space.

    Args:
        values: (N, D) signatures.
        labels: (N,) int, numbers of `names`.
        people: (N,) a number for each person, from 0.
        names: of the labels; those of which there are none are left out.
    """
    masks = [one for one in _folds(people) if one.any()]
    if len(np.unique(labels)) < 2 or len(np.unique(people)) < FOLDS or min(int((~one).sum()) for one in masks) < NEAR:
        return {}
    right = nearest_votes(values, labels, people) == labels
    each = {name: float(right[labels == i].mean()) for i, name in enumerate(names) if (labels == i).any()}
    return {"all": float(right.mean()), **each}


def outside_shares(
    values: Array, clean: Array, people: Array, foreign: Mapping[str, ByPeople] | None = None
) -> dict[str, float]:
    """Return the shares called outside of the reference: clean signatures, and foreign kinds.

    The reference are the signatures of other people, attacked ones among them; how far is unusual is set by the clean
    ones.

    Args:
        values: (N, D) signatures.
        clean: (N,) bool, those that nobody attacked.
        people: (N,) a number for each person, from 0.
        foreign: by kind, signatures of what is no face as the reference has them, with the people whose they are.
    """
    kinds = {"clean": (values[clean], people[clean]), **(foreign or {})}
    outside = {kind: np.zeros(len(whose), bool) for kind, (_, whose) in kinds.items()}
    for number, held in enumerate(_folds(people)):
        usual = clean_distances(values[~held], clean[~held], people[~held])
        for kind, (them, whose) in kinds.items():
            here = whose % FOLDS == number
            if here.any():
                p = conformal_p(kth_distances(them[here], values[~held]), usual)
                outside[kind][here] = p <= LEVEL
    return {kind: float(one.mean()) for kind, one in outside.items()}


def _folds(people: Array) -> list[Array]:
    """Return masks (N,) of those held out in each fold."""
    return [people % FOLDS == number for number in range(FOLDS)]
