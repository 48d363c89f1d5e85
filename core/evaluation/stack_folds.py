"""Judge faces by a stack fitted on other people's faces."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from ..detectors.ensemble import MIN_FACES, fit_stack
from ..types import Array, InputError
from .impersonation_metrics import MIN_PEOPLE

FOLDS = 10  # of people; up to this many people, each is left out alone
MIN_OF_CLASS = 10  # real photos, and fakes, that a stack is fitted on


def held_out_calls(scores: Array, fake: Sequence[bool], people: Sequence[Collection[str]]) -> list[bool]:
    """Say of each face whether a stack fitted on other people calls it fake.

    A swap or blend is of two people: neither of them is in any face that its stack is fitted on.

    Args:
        scores: (N, D + 1) margins of each face by D detectors, and its sharpness.
        fake: (N,) whether each is a fake.
        people: (N,) the names of everybody in each.

    Raises:
        InputError: too few people, or too few real photos or fakes of other people.
    """
    labels = np.asarray(fake, np.int64)
    fold = _folds(labels, people)
    if len(fold) < MIN_PEOPLE:
        raise InputError(f"DD3 is fitted in folds by person and needs {MIN_PEOPLE} people; there are {len(fold)}")
    inside = np.zeros((len(people), FOLDS), bool)
    for row, shown in enumerate(people):
        inside[row, [fold[person] for person in shown]] = True
    called = np.zeros(len(people), bool)
    for held in np.unique(inside, axis=0):
        rest = ~(inside & held).any(1)
        tested = (inside == held).all(1)
        _refuse_few(labels[rest], sorted({one for row in np.flatnonzero(tested).tolist() for one in people[row]}))
        called[tested] = fit_stack(scores[rest], labels[rest]).predict_proba(scores[tested])[:, 1] > 0.5
    return [bool(one) for one in called]


def _folds(labels: Array, people: Sequence[Collection[str]]) -> dict[str, int]:
    """Deal people to folds, those in most fakes first, so that fakes are spread."""
    count: dict[str, int] = {}
    for label, shown in zip(labels, people, strict=True):
        for person in shown:
            count[person] = count.get(person, 0) + int(label)
    ranked = sorted(count, key=lambda person: (-count[person], person))
    return {person: rank % FOLDS for rank, person in enumerate(ranked)}


def _refuse_few(labels: Array, held: Sequence[str]) -> None:
    fakes, real = int(labels.sum()), int((1 - labels).sum())
    if min(fakes, real) < MIN_OF_CLASS or fakes + real < MIN_FACES:
        raise InputError(
            f"DD3 is fitted on {MIN_FACES} faces of other people, at least {MIN_OF_CLASS} real and "
            f"{MIN_OF_CLASS} fake; "
            f"without {', '.join(held[:3])} there are {real} real and {fakes} fake"
        )
