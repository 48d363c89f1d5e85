"""What a set of a user's own holds, in sentences."""

from __future__ import annotations

from typing import Any

from core.output.own_set_sentences import added_sentence, nearest_sentence, set_sentence, unknown_sentence
from core.types.model_card import ReferenceSetCard
from core.types.own_set_values import AddedFaces


def card(**facts: Any) -> ReferenceSetCard:
    of = {"name": "mine", "title": "Mine", "detector": "none", "kinds": ("real", "fake"), "attacks": ("none",)}
    return ReferenceSetCard(**of | facts)


def test_what_was_there_is_one_or_many() -> None:
    def said(known: int, otherwise: int) -> str:
        return added_sentence(
            AddedFaces(
                "mine", 0, known, otherwise, without=0, signatures=3, people=2, unknown=1, damaged=0, left_out={}
            )
        )

    assert said(1, 1).startswith("0 faces added to mine; 1 was in it; 1 is in it under another label, which stays.")
    assert said(2, 3).startswith("0 faces added to mine; 2 were in it; 3 are in it under another label, which stays.")


def test_a_set_that_is_not_measured_says_what_that_takes() -> None:
    assert nearest_sentence(card()) == (
        "It is too small to measure how often the nearest are right: that takes two kinds, five people, and 15 "
        "signatures of others, whichever fifth of the people is judged."
    )
    said = nearest_sentence(card(nearest_neighbour_accuracy={"all": 0.75, "real": 0.5, "fake": 1.0}))
    assert said == "Of its own signatures the 15 nearest of other people name 75% rightly (real 50%, forged 100%)."


def test_a_set_says_whom_it_does_not_know_and_nothing_else() -> None:
    assert unknown_sentence(card(people=3)) == ""
    assert unknown_sentence(card(people=3, mixed=2)) == (
        "Of its faces 2 forgeries show a second person, who is not counted: errors may be larger."
    )
    both = unknown_sentence(card(people=3, people_unknown=3, mixed=1))
    assert both.startswith("Nobody said whose its faces are: ")
    assert "Of its faces 1 forgery shows a second person" in both
    assert set_sentence(card(), {"real": 4}) == "Compared with your set mine, not with the shipped one: 4 real."


def test_one_file_without_a_person_is_one() -> None:
    said = unknown_sentence(card(people=4, people_unknown=1))
    assert said.startswith("Nobody said whose 1 of its 4 people's faces are: that file counts as another person,")
    assert "each such file counts as another person" in unknown_sentence(card(people=4, people_unknown=2))
