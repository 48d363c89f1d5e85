"""Measure how often classifiers of signatures are wrong, by people never seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ..metrics.intervals import bootstrap
from ..metrics.roc import auc, roc_points
from ..types import Array
from ..types.classifier_metrics import ClassifierMetrics
from .attack_classifiers import CLASSIFIERS, attacked_scores, held_out_probabilities

THRESHOLD = 0.5  # of both labels of the same weight


def classifier_metrics(
    values: Array, attacks: Array, names: Sequence[str], people: Array, *, classifier: str
) -> ClassifierMetrics:
    """Measure a classifier: attacked or not, and which attack.

    Intervals resample people, each with all of their signatures.

    Args:
        values: (N, D) signatures.
        attacks: (N,) numbers of `names`, 0 for none.
        names: of the attacks, the first is no attack.
        people: (N,) a number for each person.
        classifier: one of `CLASSIFIERS`.
    """
    is_attacked = attacks > 0
    scores = attacked_scores(values, is_attacked.astype(np.int64), people, classifier=classifier)
    each = held_out_probabilities(values, attacks - 1, people, classifier=classifier, among=is_attacked)
    likeliest = each.argmax(1) + 1
    called = np.where(scores >= THRESHOLD, likeliest, 0)
    table = np.stack([scores, is_attacked, called > 0, likeliest == attacks], axis=1)
    units = [table[people == one] for one in np.unique(people)]

    def measured(statistic: Callable[[Array], float | None]) -> tuple[float, tuple[float, float] | None]:
        return statistic(table) or 0.0, bootstrap(statistic, units, share=True)

    several = len(np.unique(attacks[is_attacked])) > 1
    area, found, alarms = measured(_auc), measured(_found), measured(_alarms)
    named = measured(_named) if several else (None, None)
    points = zip(*roc_points(scores[~is_attacked], scores[is_attacked]), strict=True)
    return ClassifierMetrics(
        classifier=classifier,
        threshold=THRESHOLD,
        auc=area[0],
        auc_interval=area[1],
        found=found[0],
        found_interval=found[1],
        alarms=alarms[0],
        alarms_interval=alarms[1],
        attack_named=named[0],
        attack_named_interval=named[1],
        confusion=_confusion(attacks, called, names),
        roc=tuple((round(float(x), 4), round(float(y), 4)) for x, y in points),
        n=len(table),
        people=len(units),
    )


def all_classifiers(values: Array, attacks: Array, names: Sequence[str], people: Array) -> dict[str, ClassifierMetrics]:
    """Measure each classifier, by name.

    Args:
        values: (N, D) signatures.
        attacks: (N,) numbers of `names`, 0 for none.
        names: of the attacks, the first is no attack.
        people: (N,) a number for each person.
    """
    return {one: classifier_metrics(values, attacks, names, people, classifier=one) for one in CLASSIFIERS}


def _confusion(attacks: Array, called: Array, names: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
    return {
        name: {other: int(((attacks == i) & (called == j)).sum()) for j, other in enumerate(names)}
        for i, name in enumerate(names)
    }


def _auc(table: Array) -> float | None:
    return auc(table[table[:, 1] == 0, 0], table[table[:, 1] > 0, 0])


def _found(table: Array) -> float | None:
    return _share(table[table[:, 1] > 0, 2])


def _alarms(table: Array) -> float | None:
    return _share(table[table[:, 1] == 0, 2])


def _named(table: Array) -> float | None:
    return _share(table[table[:, 1] > 0, 3])


def _share(hits: Array) -> float | None:
    return float(hits.mean()) if len(hits) else None
