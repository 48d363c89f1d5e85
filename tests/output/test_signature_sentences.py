"""What a face's nearest references are, and how far they lie, in sentences."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.metrics.intervals import wilson
from core.output.signature_sentences import NO_PEOPLE, evidence_sentences, neighbours_sentence
from core.types import Placement
from core.types.placements import KindShare, NeighbourEvidence


def evidence(*counts: int, outside: bool | None = False) -> NeighbourEvidence:
    shares = zip(("real", "fake", "attacked"), counts, strict=True)
    total = sum(counts)
    return NeighbourEvidence(
        tuple(KindShare(kind, count, count / total, wilson(count, total)) for kind, count in shares),
        distance=0.01234,
        percentile=None if outside is None else 43.2,
        p=None if outside is None else 0.571,
        outside=outside,
        compared=7 if outside is None else 1132,
        ring=0.1,
    )


def placed(*counts: int, outside: bool | None = False) -> Placement:
    return Placement((0.0, 0.0), (), 1.0, evidence(*counts, outside=outside))


def test_most_neighbours_are_a_sentence_with_their_share() -> None:
    assert neighbours_sentence(placed(2, 12, 1), "clean") == "12 of the 15 nearest are forged, 80% (55% to 93%)."
    said = neighbours_sentence(placed(0, 0, 15), "attacked")
    assert said == "15 of the 15 nearest of the attacked face are attacked, 100% (80% to 100%)."


def test_neighbours_that_are_too_few_tell_nothing() -> None:
    assert neighbours_sentence(placed(0, 2, 0), "clean") == (
        "Too few to tell: 2 of the 2 nearest are forged, 100% (34% to 100%)."
    )


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((3, 1, 0), "Too few to tell: 3 of the 4 nearest are real, 75% (30% to 95%); 1 forged."),
        ((0, 0, 14), "Too few to tell: 14 of the 14 nearest are attacked, 100% (78% to 100%)."),
        ((1, 0, 0), "Too few to tell: 1 of the 1 nearest is real, 100% (21% to 100%)."),
    ],
)
def test_fewer_than_fifteen_head_nothing(counts: tuple[int, int, int], said: str) -> None:
    place = placed(*counts, outside=None)
    few = replace(place, evidence=replace(place.evidence, few=True))
    assert neighbours_sentence(few, "clean") == said


def test_references_of_one_kind_head_nothing() -> None:
    place = placed(15, 0, 0)
    one_kind = replace(place, evidence=replace(place.evidence, one_kind=True))
    assert neighbours_sentence(one_kind, "clean") == (
        "Too few to tell: all real, as are all references that it is compared with."
    )


@pytest.mark.parametrize(
    ("left_out", "there", "said"),
    [
        (1, "face", "This face is in the set; it was left out, so it is not compared with itself."),
        (3, "face", "This face is in the set; 3 references of its person were left out."),
        (1, "attacked", "Of this face an attacked version alone is in the set; it was left out."),
        (2, "attacked", "Of this face only attacked pictures are in the set; 2 references of its person were left out"),
        (1, "picture", "Another picture of this face is in the set; it was left out."),
        (2, "file", "A picture of this file, perhaps of this face, is in the set; 2 references of its people"),
    ],
)
def test_what_was_left_out_is_said(left_out: int, there: str, said: str) -> None:
    found = replace(evidence(2, 12, 1), left_out=left_out, there=there)
    assert evidence_sentences(found, people_known=True)[-1].startswith(said)
    assert said not in evidence_sentences(evidence(2, 12, 1), people_known=True)


def test_a_majority_that_may_be_chance_is_called_none() -> None:
    said = neighbours_sentence(placed(3, 11, 1), "clean")
    assert said == "No clear majority: 11 of the 15 nearest are forged, 73% (48% to 89%); 3 real, 1 attacked."
    assert neighbours_sentence(placed(5, 5, 5), "clean").startswith("No clear majority: 5 of the 15 nearest are real")


def test_what_lies_outside_is_said_first() -> None:
    said = neighbours_sentence(placed(0, 14, 1, outside=True), "attacked")
    assert said.startswith("Outside of the reference: the attacked face lies farther off")
    assert "(14 forged, 1 attacked)" in said
    assert said.endswith("say little.")


def test_every_kind_and_the_distance_have_their_numbers() -> None:
    shares, far = evidence_sentences(evidence(2, 12, 1), people_known=True)
    assert shares == "Of the 15 nearest: real 13% (4% to 38%); forged 80% (55% to 93%); attacked 7% (1% to 30%)."
    assert far == (
        "The last of them lies 0.0123 away, farther than for 43% of the 1132 unattacked references: not outside of the "
        "reference at 5% (p\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}0.57)."
    )
    _, out = evidence_sentences(replace(evidence(2, 12, 1, outside=True), p=0.000883), people_known=True)
    assert out.endswith(": outside of the reference at 5% (p\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}0.00088).")


@pytest.mark.parametrize("count", [1, 14])
def test_a_reference_that_is_too_small_says_so(count: int) -> None:
    shares, far = evidence_sentences(evidence(count, 0, 0, outside=None), people_known=True)
    assert shares.startswith(f"Of the {count} nearest: real 100%")
    assert "too small to tell whether that is unusual (7 of its unattacked signatures have enough" in far


def test_a_reference_of_nobody_knows_whom_says_so() -> None:
    *_, last = evidence_sentences(evidence(2, 12, 1), people_known=False)
    assert last == NO_PEOPLE
