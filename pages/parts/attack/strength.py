"""Ask how strong an attack is: the smallest epsilon that turns the verdict, or an epsilon."""

from __future__ import annotations

import streamlit as st

from core.attacks import ATTACKS
from core.engine.results import ResultKey
from core.registry import Value
from core.types import AttackResult
from pages.parts.attack.attack_settings import LEVELS, OWN, SMALLEST, AttackSettings
from pages.parts.session.page_state import restore_widget
from pages.parts.session.session import Session

PLAIN = 4  # in 1/255, of a whole file while no smallest epsilon is known
WORDS = {SMALLEST: "least that turns it", OWN: "own"}
HELP = (
    "Epsilon: the most by which any pixel changes. “Least that turns it” tries 1, 2, 4, 8 and 16/255 until the verdict "
    "is turned. “Own” takes epsilon from Expert."
)


def ask_strength(settings: AttackSettings, *, smallest: bool) -> None:
    """Draw the slider; an attack without an epsilon says what it has instead.

    Args:
        settings: hold the choice.
        smallest: whether the smallest epsilon can be searched.
    """
    if not has_epsilon(settings.method):
        st.caption(f"{ATTACKS[settings.method].title} has no epsilon; its settings are under Expert.")
        return
    options = [SMALLEST, *LEVELS, OWN] if smallest else [*LEVELS, OWN]
    key = "attack-strength" if smallest else "file-strength"
    restore_widget(key, settings.strength if settings.strength in options else str(PLAIN))
    picked = st.select_slider(
        "How strong?", options, format_func=lambda one: WORDS.get(one, f"{one}/255"), key=key, help=HELP
    )
    if smallest or settings.strength != SMALLEST:
        settings.strength = picked


def has_epsilon(method: str) -> bool:
    """Tell whether an attack's budget is a largest change."""
    return any(param.name == "eps" for param in ATTACKS[method].params)


def given_settings(settings: AttackSettings) -> dict[str, Value]:
    """Return all settings of the attack; the slider's epsilon in place of its own."""
    given = ATTACKS[settings.method].settings(settings.values)
    if has_epsilon(settings.method) and settings.strength != OWN:
        given["eps"] = int(settings.strength if settings.strength != SMALLEST else PLAIN) / 255
    return given


def searches_smallest_epsilon(settings: AttackSettings) -> bool:
    """Tell whether the smallest epsilon is to be searched."""
    return has_epsilon(settings.method) and settings.strength == SMALLEST


def smallest_epsilon_key(session: Session, face_id: str) -> ResultKey[AttackResult]:
    """Name what the search for the smallest epsilon found, by all other settings."""
    settings = session.page_state(AttackSettings)
    given = {name: value for name, value in given_settings(settings).items() if name != "eps"}
    key: ResultKey[AttackResult] = ResultKey("least attack", face_id, session.detector.version, settings.method)
    return key.with_settings({**given, "stop_at": settings.stop_at or 0.0}, settings.seed)
