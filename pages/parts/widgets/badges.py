"""Show verdicts as coloured words with a mark of their own."""

from __future__ import annotations

import streamlit as st

from core.output import screen
from core.output.text import NO_VERDICT
from core.output.verdict_sentences import score_words
from core.types import JudgedFace
from core.types.attack_answer import PROCESSED, SIGNS, AttackAnswer

# A word never stands by its colour alone: circle, square and diamond are also the marks of the plots.
LOOKS = {
    "real": ("blue", "circle"),
    "fake": ("orange", "square"),
    "attacked": ("violet", "diamond"),
    "inconclusive": ("gray", "help"),
}


def badge(word: str, kind: str, help: str | None = None) -> None:
    """Show a word in the colour and with the mark of its kind."""
    colour, icon = LOOKS[kind]
    st.badge(word, color=colour, icon=f":material/{icon}:", help=help)  # type: ignore[arg-type]


def verdict_badge(judged: JudgedFace | None) -> None:
    """Show the band of a face's verdict, or that there is none and why."""
    if judged is None or judged.verdict is None:
        badge(NO_VERDICT, "inconclusive", judged.reason if judged else "No face was found in this file.")
    else:
        band = judged.verdict.band
        badge(band, screen.BANDS[band], f"{score_words(judged.verdict)} of “manipulated”")


def attack_badge(answer: AttackAnswer | None, *, attacked_here: bool = False) -> None:
    """Show the answer to "was it attacked?"; no sign is grey.

    Args:
        answer: None where it was not asked yet.
        attacked_here: the app attacked this face itself, so that anything but signs is a miss.
    """
    if answer is None:
        badge("Not asked yet", "inconclusive")
        return
    found = answer.label == SIGNS
    word = "Processed or noisy" if answer.label == PROCESSED else answer.label
    if attacked_here and not found:
        word = f"Missed: {word[0].lower()}{word[1:]}"
    badge(word, "attacked" if found else "inconclusive", f"{answer.label}. {answer.scope}")
