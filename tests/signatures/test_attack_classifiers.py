"""Classifiers of signatures: right where kinds lie apart, at chance where they do not, by people never seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_classifier import GOOD
from recorded_progress import RecordedProgress

from core.progress import followed_by
from core.signatures import KINDS, ReferenceSet, attack_classifiers, load_reference_set, typical_distance
from core.signatures import reference_classifier as reference_classifiers
from core.signatures.attack_classifiers import (
    CLASSIFIERS,
    DEFAULT_CLASSIFIER,
    attacked_scores,
    fit_classifier,
    held_out_probabilities,
    people_folds,
)
from core.signatures.classifier_errors import classifier_metrics
from core.signatures.kept_errors import kept_errors
from core.signatures.reference_classifier import evaluate_references, reference_classifier
from core.types import Array, InputError, Signature, StopRequested
from core.types.classifier_metrics import ClassifierMetrics
from core.types.model_card import ReferenceSetCard

NAMES = ("none", "pgd", "fgsm")
PEOPLE = 40


@pytest.fixture
def _few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies apart, or does not differ, a few trees tell as well."""
    monkeypatch.setattr(attack_classifiers, "TREE_COUNT", 25)


def triples(rng: np.random.Generator, *, apart: float) -> tuple[Array, Array, Array]:
    """Real, forged and attacked signatures of each person, and their attacks in turn, so far apart."""
    people = np.repeat(np.arange(PEOPLE), 3)
    attacks = np.where(np.arange(3 * PEOPLE) % 3 == 2, 1 + people % 2, 0)
    values = rng.normal(size=(3 * PEOPLE, 6)) + apart * np.eye(3, 6)[attacks]
    return values.astype(np.float32), attacks, people


def reference_set(values: Array, attacks: Array, people: Array) -> ReferenceSet:
    kinds = np.arange(len(values)) % 3
    card = ReferenceSetCard(name="made up", title="Made up", detector="none", kinds=KINDS, attacks=NAMES)
    nothing = np.zeros((len(values), 4, 4))
    return ReferenceSet(values, values[:, :2], kinds, attacks, nothing, typical_distance(values), card, people)


@pytest.mark.usefixtures("_few_trees")
@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_what_lies_apart_is_told_without_an_error(classifier: str) -> None:
    values, attacks, people = triples(np.random.default_rng(0), apart=30)
    found = classifier_metrics(values, attacks, NAMES, people, classifier=classifier)
    assert (found.auc, found.found, found.alarms, found.attack_named) == (1, 1, 0, 1)
    assert found.confusion == {
        "none": {"none": 80, "pgd": 0, "fgsm": 0},
        "pgd": {"none": 0, "pgd": 20, "fgsm": 0},
        "fgsm": {"none": 0, "pgd": 0, "fgsm": 20},
    }
    assert found.roc == ((0, 0), (0, 1), (1, 1))
    assert (found.classifier, found.n, found.people) == (classifier, 120, 40)
    for low, high in (found.auc_interval or (0, 0), found.found_interval or (0, 0)):
        assert 0.85 < low < high == 1
    low, high = found.alarms_interval or (1, 1)
    assert 0 == low < high < 0.15


@pytest.mark.usefixtures("_few_trees")
@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_shuffled_signatures_are_told_at_chance(classifier: str) -> None:
    rng = np.random.default_rng(1)
    values, attacks, people = triples(rng, apart=30)
    found = classifier_metrics(rng.permutation(values), attacks, NAMES, people, classifier=classifier)
    low, high = found.auc_interval or (0, 0)
    assert low < 0.5 < high
    assert found.auc == pytest.approx(0.5, abs=0.15)
    assert sum(sum(called.values()) for called in found.confusion.values()) == found.n == 120


@pytest.mark.usefixtures("_few_trees")
def test_no_person_is_fitted_on_and_held_out() -> None:
    people = np.random.default_rng(2).integers(0, 13, 200)
    held_out = np.zeros(200, int)
    for rest, held in people_folds(people):
        assert not set(people[rest]) & set(people[held])
        assert len(rest) + len(held) == 200
        held_out[held] += 1
    assert (held_out == 1).all(), "each signature is held out once"


@pytest.mark.usefixtures("_few_trees")
@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_a_person_that_is_recognised_helps_nothing(classifier: str) -> None:
    """Each person lies on a spot and is attacked or not by chance: only their own signatures would tell."""
    rng = np.random.default_rng(3)
    people = np.repeat(np.arange(60), 6)
    values = (9 * rng.normal(size=(60, 8))[people] + rng.normal(size=(360, 8))).astype(np.float32)
    attacked = rng.integers(0, 2, 60)[people]
    scores = attacked_scores(values, attacked, people, classifier=classifier)
    assert ((scores >= 0.5) == attacked).mean() == pytest.approx(0.5, abs=0.15)
    each_alone = attacked_scores(values, attacked, np.arange(360), classifier=DEFAULT_CLASSIFIER)
    assert ((each_alone >= 0.5) == attacked).mean() > 0.95, "as they would, if their person were seen"


@pytest.mark.usefixtures("_few_trees")
def test_more_signatures_of_the_same_people_are_no_more_evidence() -> None:
    values, attacks, people = triples(np.random.default_rng(4), apart=1.5)
    once = classifier_metrics(values, attacks, NAMES, people, classifier="logistic regression")
    rows = np.repeat(np.arange(len(people)), 5)
    often = classifier_metrics(values[rows], attacks[rows], NAMES, people[rows], classifier="logistic regression")
    first, second = ((one.auc_interval or (0, 0)) for one in (once, often))
    assert second[1] - second[0] == pytest.approx(first[1] - first[0], rel=0.25)


@pytest.mark.usefixtures("_few_trees")
@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_the_same_signatures_give_the_same_scores(classifier: str) -> None:
    values, attacks, people = triples(np.random.default_rng(5), apart=2)
    state = repr(np.random.get_state())
    scores = [attacked_scores(values, (attacks > 0).astype(int), people, classifier=classifier) for _ in range(2)]
    assert np.array_equal(scores[0], scores[1])
    assert repr(np.random.get_state()) == state
    wider = np.concatenate([values, np.full((len(values), 3), 0.25, np.float32)], axis=1)
    again = attacked_scores(wider, (attacks > 0).astype(int), people, classifier=classifier)
    assert np.array_equal(again, scores[0]), "values that never differ tell nothing"


@pytest.mark.usefixtures("_few_trees")
def test_one_attack_has_nothing_to_be_told_from() -> None:
    values, attacks, people = triples(np.random.default_rng(6), apart=30)
    found = classifier_metrics(values, np.minimum(attacks, 1), NAMES[:2], people, classifier=DEFAULT_CLASSIFIER)
    assert (found.attack_named, found.attack_named_interval) == (None, None)
    assert found.confusion == {"none": {"none": 80, "pgd": 0}, "pgd": {"none": 0, "pgd": 40}}


@pytest.mark.usefixtures("_few_trees")
def test_a_label_that_nothing_is_fitted_on_has_no_chance() -> None:
    values, attacks, people = triples(np.random.default_rng(7), apart=30)
    only = held_out_probabilities(values, attacks, people, among=attacks != 1)
    assert (only[:, 1] == 0).all()
    assert only.sum(1) == pytest.approx(np.ones(120))
    constant = fit_classifier(np.ones((4, 3)), np.asarray([1, 1, 1, 1]))
    assert constant.probabilities(np.zeros((2, 3))).tolist() == [[0, 1], [0, 1]]


@pytest.mark.usefixtures("_few_trees")
def test_what_cannot_be_judged_is_refused() -> None:
    values, attacks, people = triples(np.random.default_rng(8), apart=1)
    with pytest.raises(InputError, match="takes two people; there is 1"):
        attacked_scores(values, attacks % 2, np.zeros(120, int))
    with pytest.raises(InputError, match="takes attacked signatures and others; there is one kind only"):
        attacked_scores(values, np.zeros(120, int), people)
    with pytest.raises(InputError, match="no classifier 'oracle'; known are: logistic regression, boosted trees"):
        attacked_scores(values, attacks % 2, people, classifier="oracle")
    clean = reference_set(values, np.zeros(120, int), people)
    with pytest.raises(InputError, match="made up tells nothing of attacks"):
        reference_classifier(clean)


@pytest.mark.usefixtures("_few_trees")
def test_a_face_is_answered_by_what_the_set_knows() -> None:
    values, attacks, people = triples(np.random.default_rng(9), apart=30)
    references = reference_set(values, attacks, people)
    judge = reference_classifier(references)
    assert judge is reference_classifier(references), "fitted once"
    for attack, name in enumerate((None, *NAMES[1:])):
        answer = judge.answer(Signature("lrp-penultimate", values[attacks == attack].mean(0), "x"))
        assert (answer.attack, answer.is_attacked) == (name, name is not None)
        assert answer.measured.people == PEOPLE
    with pytest.raises(InputError, match="of the kind lrp-penultimate; what came is activations"):
        judge.answer(Signature("activations", values[0], "x"))
    found = evaluate_references(references)
    assert tuple(found.classifiers) == CLASSIFIERS
    assert found.auc_attacked == found.classifiers[DEFAULT_CLASSIFIER].auc == 1
    assert found.classifiers[DEFAULT_CLASSIFIER] == judge.measured


@pytest.mark.usefixtures("_few_trees")
def test_who_follows_the_work_stops_it_between_folds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROSOPON_CACHE", str(tmp_path))
    references = reference_set(*triples(np.random.default_rng(10), apart=30))
    asked = RecordedProgress(lambda progress: progress.asked == 3)
    with followed_by(asked), pytest.raises(StopRequested):
        reference_classifier(references)
    assert asked.asked == 3, "one fold of ten was fitted, after two"
    assert reference_classifier(references).measured.auc == 1, "the next one who asks has it fitted"
    assert asked.asked == 3


@pytest.mark.usefixtures("_few_trees")
def test_who_waits_for_another_session_that_fits_can_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    references = reference_set(*triples(np.random.default_rng(11), apart=30))
    monkeypatch.setattr(reference_classifiers, "WAIT", 0.01)
    with (
        reference_classifiers._one_fits,
        followed_by(RecordedProgress(lambda progress: progress.asked == 2)),
        pytest.raises(StopRequested),
    ):
        reference_classifier(references)
    assert not reference_classifiers._one_fits.locked()


def test_errors_are_measured_once_and_come_back_to_the_last_digit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROSOPON_CACHE", str(tmp_path))
    made = list[int]()

    def measure() -> ClassifierMetrics:
        made.append(1)
        return replace(GOOD, auc=1 / 3, auc_interval=None, attack_named=None, attack_named_interval=None)

    first = kept_errors("a set", "as it is", measure)
    assert kept_errors("a set", "as it is", measure) == first == measure()
    assert len(made) == 2, "one of them is this test's own"
    kept_errors("a set", "otherwise", measure)
    kept_errors("another", "as it is", measure)
    assert len(made) == 4
    for path in tmp_path.rglob("*.json"):
        path.write_text("{")
    assert kept_errors("a set", "as it is", measure) == first, "a damaged one is measured anew"
    assert len(made) == 5
    kept_errors(None, "as it is", measure)
    kept_errors(None, "as it is", measure)
    assert len(made) == 7, "a set without a name is not kept"


@pytest.mark.slow
def test_the_shipped_set_tells_pgd_and_less_of_fgsm() -> None:
    shipped = load_reference_set()
    found = reference_classifier(shipped).measured
    assert (found.n, found.people) == (1698, 566)
    assert 0.9 < found.auc < 0.97, "measured; the aim of .97 is not reached"
    assert found.confusion["pgd"] == {"none": 0, "pgd": 274, "fgsm": 0}
    assert found.confusion["fgsm"]["none"] > 80, "FGSM is missed often"
