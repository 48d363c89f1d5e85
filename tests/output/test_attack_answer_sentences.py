"""Whether a face was attacked: one sentence with its limit, and a line for each of the two parts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.output.attack_answer_sentences import (
    NOT_ASKED,
    answer_sentence,
    attack_detector_sentence,
    both_sentence,
    limit_sentence,
    meaning,
    signs_sentence,
)
from core.types import AttackVerdict
from core.types.answer_scope import AnswerReach
from core.types.attack_answer import ANSWERS, NO_SIGN, PROCESSED, SIGNS, UNDECIDED, AttackAnswer

REACH = AnswerReach(("PGD", "APGD"), ("FGSM",), 3.0, 0.91, 1.0, 0.2, "grain", "Square is outside.", ("PNG", "JPEG 75"))


def answer(label: str, *, carries: float | None = 0.25) -> AttackAnswer:
    return AttackAnswer("d", label, 0.75, carries, carries, "The card's scope.")


@pytest.mark.parametrize(
    ("label", "words"),
    [
        (NO_SIGN, "No sign of an attack of the kinds it knows (from 3/255, not FGSM)."),
        (SIGNS, "Signs of an attack: the verdict may be the attack's work."),
        (PROCESSED, "Processed or noisy, but no sign of an attack of the kinds it knows (from 3/255, not FGSM)."),
        (UNDECIDED, "Inconclusive: something speaks for an attack, and not enough of it."),
    ],
)
def test_the_answer_is_one_sentence(label: str, words: str) -> None:
    assert answer_sentence(answer(label), REACH) == words


def test_what_no_sign_covers_is_said_only_where_it_was_measured() -> None:
    assert answer_sentence(answer(NO_SIGN), None) == "No sign of an attack of the kinds it knows."
    alone = answer(NO_SIGN, carries=None)
    assert answer_sentence(alone, REACH) == "No sign of an attack in the pixels alone."
    assert limit_sentence(alone, REACH) == limit_sentence(answer(NO_SIGN), None) == "The card's scope."
    assert answer_sentence(None, REACH) == NOT_ASKED


def test_the_limit_is_what_was_measured() -> None:
    found = (
        "Found at 5% false alarms (PNG; JPEG 75): 91% to 100% of PGD and APGD from 3/255 that turn the "
        "verdict; FGSM less often. Square is outside."
    )
    assert {limit_sentence(answer(label), REACH) for label in ANSWERS if label != SIGNS} == {found}
    alarms = "Measured: up to 20% of faces that nobody attacked got this answer, too (most: grain)."
    assert limit_sentence(answer(SIGNS), REACH) == alarms


def test_where_all_are_found_none_is_named_as_missed_and_the_other_way_round() -> None:
    every = replace(REACH, missed=(), least=1.0)
    assert answer_sentence(answer(NO_SIGN), every) == "No sign of an attack of the kinds it knows (from 3/255)."
    found = "Found at 5% false alarms (PNG; JPEG 75): 100% of PGD and APGD from 3/255 that turn the verdict."
    assert limit_sentence(answer(NO_SIGN), every) == f"{found} Square is outside."
    none = replace(REACH, attacks=(), missed=("PGD", "APGD", "FGSM"), down_to=None)
    said = "No sign of an attack of the kinds it knows (not PGD, APGD and FGSM)."
    assert answer_sentence(answer(NO_SIGN), none) == said
    assert limit_sentence(answer(NO_SIGN), none) == "Often missed: PGD, APGD and FGSM. Square is outside."


@pytest.mark.parametrize(
    ("label", "turned", "words"),
    [
        (SIGNS, True, "noticed"),
        (NO_SIGN, True, "missed"),
        (PROCESSED, True, "missed"),
        (UNDECIDED, True, "missed"),
        (NO_SIGN, False, "no sign of an attack of the kinds it knows"),
    ],
)
def test_an_attack_made_here_is_noticed_or_missed(label: str, turned: bool, words: str) -> None:
    said = both_sentence(answer(SIGNS), answer(label), REACH, turned=turned)
    assert said == f"As it came: signs of an attack; attacked here: {words}."


def test_nothing_is_missed_of_a_detector_whose_verdicts_nobody_learnt_to_watch() -> None:
    alone = answer(UNDECIDED, carries=None)
    words = "Perturbed, and whether that carries this detector's verdict is not known"
    assert answer_sentence(alone, None) == f"{words}."
    said = both_sentence(answer(NO_SIGN, carries=None), alone, None, turned=True)
    assert said == f"As it came: no sign of an attack in the pixels alone; attacked here: p{words[1:]}."
    assert meaning(alone).startswith(f"{words}. ")
    assert meaning(answer(SIGNS)).startswith("Signs of an attack. The face was changed")


def test_a_face_that_was_not_asked_is_said() -> None:
    known = "No sign of an attack of the kinds it knows (from 3/255, not FGSM)"
    said = both_sentence(answer(NO_SIGN), None, REACH, turned=True)
    assert said == f"As it came: n{known[1:]}; attacked here: not asked yet."
    assert both_sentence(None, answer(SIGNS), REACH, turned=True).startswith("As it came: not asked yet; ")


def test_each_part_says_what_it_found() -> None:
    assert signs_sentence(answer(SIGNS)) == "perturbed 0.75 of 1, carries this verdict 0.25 of 1."
    assert signs_sentence(answer(SIGNS, carries=None)).endswith("carries this detector's verdict is not known.")


@pytest.mark.parametrize(
    ("label", "score", "words"),
    [
        (SIGNS, 0.96, "agrees (0.96 of 1)."),
        (SIGNS, 0.04, "none of those that it was trained on (0.04 of 1); others may pass it."),
        (NO_SIGN, 0.96, "a hit (0.96 of 1), as noise gives, too: no sign by itself."),
        (NO_SIGN, 0.04, "none of those that it was trained on (0.04 of 1)."),
    ],
)
def test_the_attack_detector_does_not_argue_with_the_answer(label: str, score: float, words: str) -> None:
    assert attack_detector_sentence(answer(label), AttackVerdict("d", score, ""), "") == words


def test_why_the_attack_detector_was_not_asked() -> None:
    assert attack_detector_sentence(answer(SIGNS), None, "Not asked: it is fake.") == "not asked: it is fake."
