"""Say in sentences what a set of a user's own holds."""

from __future__ import annotations

from collections.abc import Mapping

from ..types.model_card import ReferenceSetCard
from ..types.own_set_values import AddedFaces
from .signature_sentences import WORDS
from .text import counted


def added_sentence(found: AddedFaces) -> str:
    """Say what was added to a set, and what was not and why."""
    parts = [done_words(found.name, {"added": found.added})]
    if found.known:
        parts.append(f"{counted(found.known, 'was', 'were')} in it")
    if found.otherwise:
        parts.append(f"{counted(found.otherwise, 'is', 'are')} in it under another label, which stays")
    if found.without:
        parts.append(f"{counted(found.without, 'file')} without a face that can be judged")
    parts += [f"{count} left out: {reason}" for reason, count in found.left_out.items()]
    if found.damaged:
        parts.append(f"{counted(found.damaged, 'file')} of the set cannot be read")
    named = f" It is known now whose {counted(found.named, 'face')} of these are." if found.named else ""
    return f"{'; '.join(parts)}. {_holds('It', found.signatures, found.people, found.unknown)}{named}"


def built_sentence(card: ReferenceSetCard, damaged: int) -> str:
    """Say what a set holds that was made of all its faces.

    `damaged`: how many of its files could not be read.
    """
    lost = f" {counted(damaged, 'file')} of the set cannot be read." if damaged else ""
    return _holds(card.name, card.signatures or 0, card.people or 0, card.people_unknown) + lost


def list_line(card: ReferenceSetCard) -> str:
    """Say in a line of a list what a set holds."""
    whose = "" if card.people is None else f" of {_whose(card.people, card.people_unknown)}"
    return f"{card.name}: {counted(card.signatures or 0, 'signature')} ({card.signature}){whose}, {card.detector}"


def _holds(name: str, signatures: int, people: int, unknown: int) -> str:
    return f"{name} holds {counted(signatures, 'signature')} of {_whose(people, unknown)}."


def done_words(name: str, counts: Mapping[str, int]) -> str:
    """Say how many faces were "added" to a set.

    And of how many a person was noted, "named", where there are any.
    """
    named = f", and the person of {counted(counts['named'], 'face')} of it noted" if counts.get("named") else ""
    return f"{counted(counts['added'], 'face')} added to {name}{named}"


def behind_words(name: str) -> str:
    """Say that a set is not of what is known of its faces now."""
    return f"other faces lie in {name} than it was made of, or more is known of them"


def set_sentence(card: ReferenceSetCard, counts: Mapping[str, int]) -> str:
    """Say that a face is compared with a set of a user's own.

    `counts`: of its signatures, by kind.
    """
    each = ", ".join(f"{count} {WORDS.get(kind, kind)}" for kind, count in counts.items() if count)
    whose = "" if card.people is None else f", of {_whose(card.people, card.people_unknown)}"
    return f"Compared with your set {card.name}, not with the shipped one: {each}{whose}."


def nearest_sentence(card: ReferenceSetCard) -> str:
    """Say how often the 15 nearest name a set's own signatures rightly."""
    right = card.nearest_neighbour_accuracy
    if not right:
        return (
            "It is too small to measure how often the nearest are right: that takes two kinds, five people, and 15 "
            "signatures of others, whichever fifth of the people is judged."
        )
    each = ", ".join(f"{WORDS.get(kind, kind)} {share:.0%}" for kind, share in right.items() if kind != "all")
    return f"Of its own signatures the 15 nearest of other people name {right['all']:.0%} rightly ({each})."


def unknown_sentence(card: ReferenceSetCard) -> str:
    """Say whom a set does not know, and which faces show two people.

    "" where it knows them all, and where it does not say anything of people.
    """
    said = [_unknown(card)] if card.people_unknown else []
    if card.mixed:
        forgeries = counted(card.mixed, "forgery shows", "forgeries show")
        said.append(f"Of its faces {forgeries} a second person, who is not counted: errors may be larger.")
    return " ".join(said)


def _unknown(card: ReferenceSetCard) -> str:
    if card.people_unknown == card.people:
        return "Nobody said whose its faces are: each file counts as another person, so errors may be larger."
    each = "that file counts" if card.people_unknown == 1 else "each such file counts"
    return (
        f"Nobody said whose {card.people_unknown} of its {card.people} people's faces are: {each} as another person, "
        "so errors may be larger."
    )


def _whose(people: int, unknown: int) -> str:
    """Count people, and say how many of them are files whose person nobody named."""
    if unknown == people:
        return f"{counted(unknown, 'file')} whose person nobody named"
    more = f" and {counted(unknown, 'file')} whose person nobody named" if unknown else ""
    return f"{counted(people - unknown, 'person', 'people')}{more}"
