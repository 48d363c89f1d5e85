"""Draw the settings of an attack: its strength, and folded its method and all else."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.attacks import ATTACKS
from core.registry import Value
from core.types import Settings
from pages.parts.attack.attack_settings import OWN, AttackSettings
from pages.parts.attack.strength import ask_strength, has_epsilon
from pages.parts.session.page_state import follow_setting, forget_widgets, store_settings
from pages.parts.session.session import Session
from pages.parts.widgets.param_inputs import param_input
from pages.parts.widgets.tables import plain

SETTING = "attack-setting-"  # keys of the settings begin so
SEED, STOP_AT = "attack-seed", "attack-stop-at"
EXPERT = "attack-expert"  # remembers whether the settings are open
OWN_SETTINGS = "Own settings"
WIDTH = 136  # pixels of a setting: two stand side by side on a wide screen
KINDS = {
    "white": "White box: sees the detector's gradients",
    "black": "Black box: sees the detector's scores only",
    "control": "A control: does not look at the detector",
}
NORMS = {"Linf": "L-infinity", "L2": "L2", "L0": "number of pixels"}


def draw_form(session: Session, *, button: str, smallest: bool, more: Callable[[], None] | None = None) -> bool:
    """Draw strength, button and, folded, all settings; return whether it was clicked.

    Args:
        session: holds the settings.
        button: its label.
        smallest: whether the smallest epsilon that turns the verdict can be asked for.
        more: draws further settings under Expert.
    """
    settings = session.page_state(AttackSettings)
    if settings.method not in ATTACKS:
        settings.method = next(iter(ATTACKS))
    ask_strength(settings, smallest=smallest)
    run = st.button(
        button, type="primary", icon=":material/bolt:", disabled=session.busy, width="stretch", shortcut="g"
    )
    st.caption(f"{ATTACKS[settings.method].title}, towards “not manipulated”.")
    expert = st.expander("Expert", icon=":material/tune:", key=EXPERT, on_change="rerun")
    if expert.open:
        with expert:
            _expert(session, settings)
            if more:
                more()
    return run


def _expert(session: Session, settings: AttackSettings) -> None:
    """Ask for the method and its settings; each change is stored at once."""
    names = list(ATTACKS)
    method = st.selectbox(
        "Attack", names, names.index(settings.method), format_func=lambda name: ATTACKS[name].title, key="attack-method"
    )
    if store_settings(settings, method=method):
        settings.values = {}
        st.rerun()
    entry = ATTACKS[method]
    st.caption(f"{KINDS[entry.facts.access]}; budget: {NORMS[entry.facts.norm]}. {plain(entry.source)}")
    values = entry.settings(settings.values)
    _presets(settings, values)
    given: dict[str, Value] = {}
    with setting_row():
        for param in entry.params:
            if param.name == "eps" and settings.strength != OWN:
                continue
            with setting_cell():
                given[param.name] = param_input(param, values[param.name], key=f"{SETTING}{method}-{param.name}")
        with setting_cell():
            stop_at = _stop_at(settings, values, calibrated=session.detector.calibration is not None)
        with setting_cell():
            follow_setting(SEED, settings.seed)
            seed = st.number_input("seed", 0, 2**31 - 1, key=SEED, help="The same one repeats the attack.")
    store_settings(settings, values={**settings.values, **given}, seed=int(seed), stop_at=stop_at)


def setting_row() -> DeltaGenerator:
    """Make a row for settings, as many side by side as fit."""
    return st.container(horizontal=True, vertical_alignment="bottom")


def setting_cell() -> DeltaGenerator:
    """Make the place of one setting in a row."""
    return st.container(width=WIDTH)


def _stop_at(settings: AttackSettings, values: Settings, *, calibrated: bool) -> float | None:
    """Ask for the score of "real" that ends the attack; None for none."""
    once = not can_stop_early(settings.method, values)
    key = f"{STOP_AT}-once" if once else STOP_AT
    follow_setting(key, None if once else settings.stop_at)
    return st.number_input(
        "stop at score",
        0.5,
        1.0,
        step=0.05,
        format="%g",
        key=key,
        disabled=once,
        placeholder="none",
        help=f"Ends the attack as soon as the {'probability' if calibrated else 'score'} of “not manipulated” reaches "
        "this, 0.5 to 1; no pass is spent after it. Empty: it runs all of its steps; so does an attack that asks "
        "once.",
    )


def can_stop_early(method: str, values: Settings) -> bool:
    """Tell whether an attack has several queries, so that it can end early."""
    return bool(ATTACKS[method].facts.passes(dict(values))[0] > 1)


def _presets(settings: AttackSettings, values: Mapping[str, Value]) -> None:
    """Offer the settings of papers, and the defaults.

    A paper's come with its epsilon, in place of the slider's.
    """
    entry = ATTACKS[settings.method]
    known = {"Defaults": entry.settings()}
    known |= {name: entry.settings(preset) for name, preset in entry.facts.presets.items()}
    now = next((name for name, preset in known.items() if _fits(settings, preset, values)), OWN_SETTINGS)
    names = [*known, *([OWN_SETTINGS] if now == OWN_SETTINGS else [])]
    picked = st.selectbox("Preset", names, names.index(now), help="Values of a paper, or the method's own defaults.")
    if picked != now:
        settings.values = dict(known[picked])
        if has_epsilon(settings.method):
            settings.strength = OWN
            forget_widgets("attack-strength")
            forget_widgets("file-strength")
        forget_widgets(SETTING)
        st.rerun()


def _fits(settings: AttackSettings, preset: Mapping[str, Value], values: Mapping[str, Value]) -> bool:
    """Tell whether the settings are a preset's, but for an epsilon that the slider has."""
    return all(values[name] == value for name, value in preset.items() if name != "eps" or settings.strength == OWN)


def show_made_with(words: str, *, current: bool) -> None:
    """Say what a result was made with; warn where settings have changed since."""
    if current:
        st.caption(plain(words))
    else:
        warning = f"This result was made with other settings than those on the screen: {plain(words)}."
        st.warning(warning, icon=":material/history:")
