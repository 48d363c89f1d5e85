"""Show verdicts as coloured words with a mark of their own."""

from __future__ import annotations

import streamlit as st

from core.output import screen
from core.types import JudgedFace
from pages.parts.session.attack_answers import NOT_ASKED, AttackAnswer
from pages.parts.widgets.verdict_words import NO_VERDICT, score_words

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
        badge(band, screen.BANDS[band], f"{score_words(judged.verdict)} of “fake”")


def attack_badge(answer: AttackAnswer | None) -> None:
    """Show what the attack detector said, or that it was not asked."""
    verdict, reason = answer or NOT_ASKED
    if verdict is None:
        badge("Not asked", "inconclusive", reason)
    elif verdict.label == "attacked":
        badge("Likely attacked", "attacked", f"score {verdict.p_attacked:.3f} of “attacked”. {reason}")
    else:
        badge("No attack found", "real", f"score {verdict.p_attacked:.3f} of “attacked”. {reason}")
