"""Answer by a reference set whether a signature is of an attacked face."""

from __future__ import annotations

import functools
import threading
from dataclasses import dataclass, replace

import numpy as np

from ..progress import current_progress
from ..types import Array, InputError, Signature
from ..types.classifier_metrics import ClassifierMetrics, ReferenceSetEvaluation, SignatureAnswer
from .attack_classifiers import DEFAULT_CLASSIFIER, FittedClassifier, classifier_settings, fit_classifier
from .classifier_errors import all_classifiers, classifier_metrics
from .kept_errors import kept_errors
from .reference import ReferenceSet

WAIT = 0.2  # seconds from one look to the next at whether to stop, while another session fits
_one_fits = threading.Lock()


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceClassifier:
    """Hold classifiers fitted on a reference set, with their errors.

    attacked: of attacked or not; which: of the attacks, in the set's order without the first, which is none; measured:
    on people never seen.
    """

    references: ReferenceSet
    attacked: FittedClassifier
    which: FittedClassifier
    measured: ClassifierMetrics

    def answer(self, found: Signature) -> SignatureAnswer:
        """Answer whether a signature of the set's kind is of an attacked face."""
        self.references.check_kind(found)
        card = self.references.card
        values = _as_kept(found.values)[None]
        p = float(self.attacked.probabilities(values)[0, 1])
        attack = card.attacks[1 + int(self.which.probabilities(values)[0].argmax())]
        return SignatureAnswer(str(card.sha256), p, attack if p >= self.measured.threshold else None, self.measured)


def reference_classifier(references: ReferenceSet) -> ReferenceClassifier:
    """Fit and measure the classifier that answers, once a process and set.

    Who follows this thread's work may stop it between folds.
    """
    while not _one_fits.acquire(timeout=WAIT):  # two sessions that ask at once would both fit for seconds
        current_progress().check_stop()
    try:
        return _fitted(references)
    finally:
        _one_fits.release()


@functools.lru_cache(maxsize=4)
def _fitted(references: ReferenceSet) -> ReferenceClassifier:
    values, attacks = references.values, references.attacks.astype(np.int64)
    if not (attacks > 0).any() or (attacks > 0).all():
        raise InputError(f"{references.card.name} tells nothing of attacks: it needs attacked signatures and others")
    names = references.card.attacks

    def measure() -> ClassifierMetrics:
        found = classifier_metrics(values, attacks, names, references.people, classifier=DEFAULT_CLASSIFIER)
        return _of_people(references, found)

    return ReferenceClassifier(
        references,
        fit_classifier(values, (attacks > 0).astype(np.int64)),
        fit_classifier(values[attacks > 0], attacks[attacks > 0] - 1),
        kept_errors(references.card.sha256, f"{classifier_settings()} {names}", measure),
    )


def evaluate_references(references: ReferenceSet) -> ReferenceSetEvaluation:
    """Measure each classifier on a reference set's own signatures, by people never seen."""
    card, attacks = references.card, references.attacks.astype(np.int64)
    measured = all_classifiers(references.values, attacks, card.attacks, references.people)
    found = {name: _of_people(references, one) for name, one in measured.items()}
    best = found[DEFAULT_CLASSIFIER]
    return ReferenceSetEvaluation(card.name, card.signature, card.detector, best.auc, found, best.n, best.people)


def _of_people(references: ReferenceSet, measured: ClassifierMetrics) -> ClassifierMetrics:
    """Say of errors whether the people are known."""
    card = references.card
    partly = card.people_unknown if card.people_unknown != card.people else 0
    known = None if references.people_known else False
    return replace(measured, people_known=known, people_unknown=partly or None, mixed=card.mixed or None)


def _as_kept(values: Array) -> Array:
    """Round a signature as reference sets keep theirs."""
    return values.astype(np.float16).astype(np.float32)
