"""Word conclusions on a verbal scale, and check them."""

from __future__ import annotations

from typing import Literal, cast, get_args

from ..types import InputError

Toward = Literal["manipulated", "not manipulated"]
SOURCE = "ENFSI guideline for evaluative reporting in forensic science (2015), the scale in words, without its numbers"
# From none to most. The words are a person's: no score of a detector is turned into one.
SCALE = {
    "inconclusive": "The findings support neither proposition.",
    "weak": "The findings provide weak support for the proposition.",
    "moderate": "The findings provide moderate support for the proposition.",
    "moderately strong": "The findings provide moderately strong support for the proposition.",
    "strong": "The findings provide strong support for the proposition.",
    "very strong": "The findings provide very strong support for the proposition.",
    "extremely strong": "The findings provide extremely strong support for the proposition.",
}
ALSO = {"limited": "weak", "none": "inconclusive", "no": "inconclusive"}


def scale_word(given: str) -> str:
    """Return a word of `SCALE`; hyphens, capitals and "support" do not matter."""
    word = " ".join(given.lower().replace("-", " ").replace("_", " ").removesuffix("support").split())
    word = ALSO.get(word, word)
    if word not in SCALE:
        raise InputError(f"{given!r} is no word of the verbal scale; its words are: {', '.join(SCALE)}")
    return word


def toward(given: str) -> Toward:
    """Return the proposition that a conclusion speaks of, or refuse another."""
    word = " ".join(given.lower().replace("-", " ").split())
    if word not in get_args(Toward):
        raise InputError(f"a conclusion is about one of: {', '.join(get_args(Toward))}; what came is {given!r}")
    return cast(Toward, word)


def conclusion_sentence(scale: str, proposition: str) -> str:
    """Say a conclusion in one sentence."""
    if scale == "inconclusive":
        return "The findings support neither that the exhibits are manipulated nor that they are not."
    return SCALE[scale].replace("the proposition.", f"the proposition that the exhibits are {proposition}.")
