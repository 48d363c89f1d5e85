"""Whether a face is wholly synthetic, in one line."""

from __future__ import annotations

import pytest

from core.output.synthetic_sentences import synthetic_sentence
from core.output.text import synthetic_words
from core.types import InputError
from core.types.synthetic_answer import NO_SIGN, SYNTHETIC, UNDECIDED, UNKNOWN, SyntheticAnswer


def answer(label: str, p_synthetic: float | None, reason: str | None = None) -> SyntheticAnswer:
    return SyntheticAnswer(label, p_synthetic, reason, "scope")


@pytest.mark.parametrize(
    ("given", "band", "words"),
    [
        (answer(SYNTHETIC, 0.97), "Likely not manipulated", "No sign of a face swap. Likely synthetic: 97%."),
        (answer(SYNTHETIC, 0.97), "Likely manipulated", "Likely synthetic: 97%."),
        (answer(SYNTHETIC, 0.97), "Inconclusive", "Likely synthetic: 97%."),
        (answer(NO_SIGN, 0.03), "Likely not manipulated", "No sign of a synthetic face: 3% “synthetic”."),
        (answer(UNDECIDED, 0.5), "Likely not manipulated", "Wholly synthetic? Inconclusive: 50% “synthetic”."),
        (answer(UNKNOWN, 0.97, "far"), "Inconclusive", "Wholly synthetic? Outside of what this detector knows."),
    ],
)
def test_the_line_of_the_verdict(given: SyntheticAnswer, band: str, words: str) -> None:
    assert synthetic_sentence(given, band) == words


def test_a_withheld_answer_shows_no_number() -> None:
    assert synthetic_words(SYNTHETIC, 0.97) == "likely synthetic (0.970)"
    assert synthetic_words(UNDECIDED, 0.5) == "inconclusive (0.500 “synthetic”)"
    assert synthetic_words(UNKNOWN, 0.97) == "outside of what this detector knows"


@pytest.mark.parametrize(
    ("label", "p_synthetic", "reason", "words"),
    [
        ("fake", 0.5, None, "one of Likely synthetic"),
        (SYNTHETIC, 1.5, None, r"p_synthetic lies in \[0, 1\]"),
        (UNKNOWN, 0.5, None, "has a reason exactly where it is withheld"),
        (SYNTHETIC, 0.5, "far", "has a reason exactly where it is withheld"),
    ],
)
def test_an_answer_is_checked(label: str, p_synthetic: float, reason: str | None, words: str) -> None:
    with pytest.raises(InputError, match=words):
        answer(label, p_synthetic, reason)
