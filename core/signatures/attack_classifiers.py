"""Tell attacked signatures from clean ones, and attack from attack, by classifiers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..progress import current_progress
from ..types import Array, InputError
from .held_out import FOLDS

LOGISTIC, TREES = CLASSIFIERS = ("logistic regression", "boosted trees")
DEFAULT_CLASSIFIER = TREES  # the one that answers
TREE_COUNT, DEPTH = 150, 5
STRENGTH = 0.01  # C of the logistic regression: there are more values than signatures of some kinds


@dataclass(frozen=True, slots=True, eq=False)
class FittedClassifier:
    """Hold a classifier fitted on signatures.

    model: of scikit-learn; None where there was one label only. columns: indices of the values that it reads, those
    that differ among the signatures. labels: in the order of its probabilities; count: of all labels.
    """

    model: Any
    columns: Array
    labels: Array
    count: int

    def probabilities(self, values: Array) -> Array:
        """Return how likely each label (N, count) is of signatures (N, D)."""
        found = np.zeros((len(values), self.count))
        found[:, self.labels] = 1.0 if self.model is None else self.model.predict_proba(values[:, self.columns])
        return found


def fit_classifier(values: Array, labels: Array, *, classifier: str = DEFAULT_CLASSIFIER) -> FittedClassifier:
    """Fit a classifier on signatures (N, D) and their labels (N,), each label of the same weight.

    The same signatures give the same classifier. Who follows this thread's work (`followed_by`) may stop before it.

    Source: scikit-learn; Friedman 2002 (stochastic gradient boosting), 10.1016/S0167-9473(01)00065-2.
    """
    current_progress().check_stop()
    present, count = np.unique(labels), int(labels.max()) + 1
    columns = np.flatnonzero(np.ptp(values, axis=0) > 0)
    if len(present) == 1 or not len(columns):
        return FittedClassifier(None, columns, present[:1], count)
    model, read = _model(classifier), values[:, columns]
    if classifier == TREES:
        from sklearn.utils.class_weight import compute_sample_weight

        model.fit(read, labels, sample_weight=compute_sample_weight("balanced", labels))
    else:
        model.fit(read, labels)
    return FittedClassifier(model, columns, present, count)


def held_out_probabilities(
    values: Array,
    labels: Array,
    people: Array,
    *,
    classifier: str = DEFAULT_CLASSIFIER,
    among: Array | None = None,
) -> Array:
    """Return how likely each label (N, L) is, by classifiers that never saw the person.

    All signatures of a person are in one of five folds.

    Args:
        values: (N, D) signatures.
        labels: (N,) int from 0.
        people: (N,) a number for each person.
        classifier: one of `CLASSIFIERS`.
        among: (N,) bool, the signatures that are fitted on, where not all are; the others have no label.
    """
    fitted_on = np.ones(len(labels), bool) if among is None else among
    found = np.zeros((len(labels), int(labels[fitted_on].max()) + 1))
    for rest, held in people_folds(people):
        rest = rest[fitted_on[rest]]
        if len(rest):
            one = fit_classifier(values[rest], labels[rest], classifier=classifier)
            found[held, : one.count] = one.probabilities(values[held])
    return found


def people_folds(people: Array) -> Iterator[tuple[Array, Array]]:
    """Yield each fold's indices, fitted on and held out; no person is in both."""
    count = len(np.unique(people))
    if count < 2:
        raise InputError(f"a classifier is judged by people never seen, which takes two people; there is {count}")
    from sklearn.model_selection import GroupKFold  # here, as elsewhere: a second to import

    yield from GroupKFold(min(FOLDS, count)).split(people, groups=people)


def attacked_scores(values: Array, attacked: Array, people: Array, *, classifier: str = LOGISTIC) -> Array:
    """Return each signature's score (N,) in [0, 1] of being attacked, by people never seen.

    Args:
        values: (N, D) signatures.
        attacked: (N,) 0 or 1, of both.
        people: (N,) a number for each person.
        classifier: one of `CLASSIFIERS`.

    Source: Arif, case 4 (attacked or not, by signatures).
    """
    if len(np.unique(attacked)) < 2:
        raise InputError("a classifier takes attacked signatures and others; there is one kind only")
    return held_out_probabilities(values, attacked, people, classifier=classifier)[:, 1]


def classifier_settings() -> str:
    """Name all that classifiers are made with."""
    return f"{CLASSIFIERS} {TREE_COUNT} {DEPTH} {STRENGTH} {FOLDS}"


def _model(classifier: str) -> Any:
    """Make a classifier that is not fitted yet."""
    if classifier == LOGISTIC:
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        return make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH, max_iter=2000, class_weight="balanced"))
    if classifier == TREES:
        from sklearn.ensemble import GradientBoostingClassifier

        # Half of the signatures and few values a tree: as good as all of them on the shipped set, and ten times as fast
        return GradientBoostingClassifier(
            n_estimators=TREE_COUNT, max_depth=DEPTH, subsample=0.5, max_features="sqrt", random_state=0
        )
    raise InputError(f"there is no classifier {classifier!r}; known are: {', '.join(CLASSIFIERS)}")
