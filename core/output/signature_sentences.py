"""Say in one sentence what a face's nearest references are."""

from __future__ import annotations

from collections import Counter

from ..types import Placement

WORDS = {"fake": "forged"}  # what a reference is, as people call it


def neighbours_sentence(placement: Placement, name: str) -> str:
    """Say what most neighbours of a face are, and how far off they lie.

    `name`: "clean" or "attacked".
    """
    counts = Counter(near.kind for near in placement.neighbours)
    kind, most = counts.most_common(1)[0]
    whose = "" if name == "clean" else f" of the {name} face"
    return (
        f"{most} of {len(placement.neighbours)} nearest{whose} are {WORDS.get(kind, kind)}; {_far(placement.novelty)}."
    )


def _far(novelty: float) -> str:
    if novelty < 1.5:
        return "as near as references are to each other"
    return "farther off than most" if novelty < 3 else "unlike any reference, so they say little"
