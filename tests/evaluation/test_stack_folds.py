"""DD3 fitted on the bench's own faces: nobody's face is judged by a stack that saw this person."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from core.detectors import ensemble
from core.evaluation import stack_folds
from core.evaluation.stack_folds import held_out_calls
from core.types import Array, InputError

PEOPLE = ("ann", "bob", "cyd", "dan", "eve", "fay")


def table(people: Sequence[str] = PEOPLE) -> tuple[Array, list[bool], list[frozenset[str]]]:
    """Six real photos and six fakes a person, told apart by the first margin; two fakes are swaps with the next."""
    scores, fake, shown = [], [], []
    for k, person in enumerate(people):
        other = people[(k + 1) % len(people)]
        for place in range(12):
            forged = place >= 6
            scores.append([(3 if forged else -3) + place % 3 - 1, 0.1 * (place % 4), 30.0 + place % 5])
            fake.append(forged)
            shown.append(frozenset({person, other} if place >= 10 else {person}))
    return np.asarray(scores), fake, shown


def test_faces_are_judged_by_stacks_of_other_people(monkeypatch: pytest.MonkeyPatch) -> None:
    scores, fake, shown = table()
    seen: list[set[bytes]] = []
    marks = np.arange(len(scores)) * 1e-9  # tells the rows apart
    scores[:, 1] += marks
    rows = {row.tobytes(): k for k, row in enumerate(scores)}

    class Judge:
        def __init__(self, fitted: Array, labels: Array) -> None:
            self.fitted = {person for row in fitted for person in shown[rows[row.tobytes()]]}
            self.stack = ensemble.fit_stack(fitted, labels)

        def predict_proba(self, tested: Array) -> Array:
            for row in tested:
                assert not self.fitted & shown[rows[row.tobytes()]]
            seen.append({row.tobytes() for row in tested})
            found: Array = self.stack.predict_proba(tested)
            return found

    monkeypatch.setattr(stack_folds, "fit_stack", lambda x, y: Judge(x, y))
    assert held_out_calls(scores, fake, shown) == fake
    assert sum(map(len, seen)) == len(scores), "each face is judged once"
    assert len(seen) == 2 * len(PEOPLE), "each person alone, and each pair of a swap"


def test_a_person_who_is_unlike_the_others_is_not_learnt() -> None:
    scores, fake, shown = table()
    own = np.asarray([one == {"ann"} for one in shown])
    scores[own, 0] *= -1
    called = np.asarray(held_out_calls(scores, fake, shown))
    assert (called[own] != np.asarray(fake)[own]).all()
    assert (called[~own] == np.asarray(fake)[~own]).mean() > 0.9


def test_few_people_or_one_class_are_refused() -> None:
    scores, fake, shown = table(PEOPLE[:4])
    with pytest.raises(InputError, match="needs 5 people; there are 4"):
        held_out_calls(scores, fake, shown)
    scores, fake, shown = table()
    with pytest.raises(InputError, match="real and 0 fake"):
        held_out_calls(scores, [False] * len(fake), [frozenset(sorted(one)[:1]) for one in shown])
    only = [forged and "ann" in people for forged, people in zip(fake, shown, strict=True)]
    with pytest.raises(InputError, match="without fay there are 54 real and 8 fake"):
        held_out_calls(scores, only, [frozenset(sorted(people)[:1]) for people in shown])
