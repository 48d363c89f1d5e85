"""Say in one sentence what a face's nearest references are."""

from __future__ import annotations

from collections import Counter

from ..types import Placement

WORDS = {"fake": "forged"}  # what a reference is, as people call it


def neighbours_sentence(placement: Placement, name: str) -> str:
    """Say what most neighbours of a face are, and how far off they lie.

    `name`: "clean" or "attacked".
    """
    counts = Counter(WORDS.get(near.kind, near.kind) for near in placement.neighbours).most_common()
    (kind, most), total = counts[0], len(placement.neighbours)
    whose, far = "" if name == "clean" else f" of the {name} face", _far(placement.novelty)
    if 2 * most > total:
        return f"{most} of {total} nearest{whose} are {kind}; {far}."
    return f"The {total} nearest{whose} are mixed ({', '.join(f'{count} {one}' for one, count in counts)}); {far}."


def _far(novelty: float) -> str:
    if novelty < 1.5:
        return "as near as references are to each other"
    return "farther off than most" if novelty < 3 else "unlike any reference, so they say little"
