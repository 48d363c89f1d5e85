"""Say in sentences what a face's nearest references are, and how far they lie."""

from __future__ import annotations

from ..types import Placement
from ..types.placements import KindShare, NeighbourEvidence
from .text import share_words

WORDS = {"fake": "forged"}  # what a reference is, as people call it
NO_PEOPLE = "The set does not say whose its faces are: each counts as another person."


def neighbours_sentence(placement: Placement, name: str) -> str:
    """Say what most neighbours of a face are, or that it lies outside.

    They are mixed where the interval of the largest share goes down to one half. Fewer than 15, or those of a set of
    one kind, tell nothing. `name`: "clean" or "attacked".
    """
    first, *others = sorted(placement.evidence.shares, key=lambda one: -one.count)
    whose = "" if name == "clean" else f" of the {name} face"
    if placement.evidence.outside:
        it = "this face" if name == "clean" else f"the {name} face"
        nearest = ", ".join(f"{one.count} {_word(one)}" for one in (first, *others) if one.count)
        far = f"{it} lies farther off than nearly all of its faces"
        return f"Outside of the reference: {far}, so the nearest ({nearest}) say little."
    total = sum(one.count for one in (first, *others))
    are = "is" if first.count == 1 else "are"
    words = f"{first.count} of the {total} nearest{whose} {are} {_word(first)}, {_share(first)}"
    rest = ", ".join(f"{one.count} {_word(one)}" for one in others if one.count)
    if placement.evidence.few:
        return f"Too few to tell: {words}{rest and f'; {rest}'}."
    if placement.evidence.one_kind:
        return f"Too few to tell: all {_word(first)}, as are all references that it is compared with."
    if first.interval[0] > 0.5:
        return f"{words}."
    return f"No clear majority: {words}; {rest}." if rest else f"Too few to tell: {words}."


def evidence_sentences(found: NeighbourEvidence, *, people_known: bool) -> tuple[str, ...]:
    """Say each kind's share among the nearest, and whether they lie unusually far.

    `people_known`: whether the reference set says whose its faces are.
    """
    total = sum(one.count for one in found.shares)
    each = "; ".join(f"{_word(one)} {_share(one)}" for one in found.shares)
    own = (_left_out(found),) if found.left_out else ()
    return f"Of the {total} nearest: {each}.", _far(found), *own, *(() if people_known else (NO_PEOPLE,))


THERE = {  # what of a face is in the set: one reference, or more of its person
    "face": ("This face is in the set; it", "This face is in the set; {} references of its person"),
    "attacked": (
        "Of this face an attacked version alone is in the set; it",
        "Of this face only attacked pictures are in the set; {} references of its person",
    ),
    "picture": (
        "Another picture of this face is in the set; it",
        "Not this picture of the face but another is in the set; {} references of its person",
    ),
    "file": (
        "A picture of this file, perhaps of this face, is in the set; it",
        "A picture of this file, perhaps of this face, is in the set; {} references of its people",
    ),
}


def _left_out(found: NeighbourEvidence) -> str:
    """Say what of a face is in the set, and was left out."""
    one, more = THERE[found.there or "face"]
    if found.left_out > 1:
        return f"{more.format(found.left_out)} were left out."
    return f"{one} was left out{', so it is not compared with itself' if found.there in ('', 'face') else ''}."


def _far(found: NeighbourEvidence) -> str:
    last = f"The last of them lies {found.distance:.4f} away"
    if found.p is None or found.percentile is None:
        have = "has" if found.compared == 1 else "have"
        few = f"{found.compared} of its unattacked signatures {have} enough neighbours of other people"
        return f"{last}; the reference is too small to tell whether that is unusual ({few})."
    where = "outside of the reference" if found.outside else "not outside of the reference"
    return (
        f"{last}, farther than for {found.percentile:.0f}% of the {found.compared} unattacked references: "
        f"{where} at 5% (p\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{found.p:.2g})."
    )


def _share(one: KindShare) -> str:
    return share_words(one.share, one.interval, digits=0)


def _word(one: KindShare) -> str:
    return WORDS.get(one.kind, one.kind)
