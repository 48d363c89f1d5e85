"""The settings of an attack: the method, a paper's preset, and the form with what is asked of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.attacks import ATTACKS
from core.output import text
from core.registry import Value
from core.types import Settings
from pages.parts.session import choices, session
from pages.parts.widgets import param_inputs, tables

OWN = "Own settings"
WIDTH = 136  # pixels of a setting: two stand side by side on a wide screen
KINDS = {
    "white": "White box: sees the detector's gradients",
    "black": "Black box: sees the detector's scores only",
    "control": "A control: does not look at the detector",
}
NORMS = {"Linf": "L-infinity", "L2": "L2", "L0": "number of pixels"}


def draw(desk: session.Desk, *, button: str, more: Callable[[], None] | None = None) -> bool:
    """The settings, with `more` of them in the same form; whether its button was clicked."""
    choice, names = desk.attack, list(ATTACKS)
    method = st.selectbox(
        "Attack",
        names,
        names.index(choice.method) if choice.method in names else 0,
        format_func=lambda name: ATTACKS[name].title,
    )
    if choices.changed(choice, method=method):
        choice.values = {}
        st.rerun()
    entry = ATTACKS[method]
    st.caption(f"{KINDS[entry.facts['box']]}; budget: {NORMS[entry.facts['norm']]}. {tables.plain(entry.source)}")
    values = entry.settings(choice.values)
    _presets(choice, values)
    with st.form("attack"):
        given: dict[str, Value] = {}
        with row():
            for param in entry.params:
                with cell():
                    given[param.name] = param_inputs.param_input(param, values[param.name])
            with cell():
                stop_at = _stop_at(choice, values, calibrated=desk.detector.calibration is not None)
            with cell():
                seed = int(st.number_input("seed", 0, 2**31 - 1, choice.seed, help="The same one repeats the attack."))
        if more:
            more()
        st.caption("Target: “real”. The attack wants the detector to call the face real.")
        run = st.form_submit_button(button, type="primary", icon=":material/bolt:", disabled=desk.busy, width="stretch")
    if run:
        choices.changed(choice, values=given, seed=seed, stop_at=stop_at)
    return bool(run)


def row() -> DeltaGenerator:
    """A place for settings, as many side by side as there is room for."""
    return st.container(horizontal=True, vertical_alignment="bottom")


def cell() -> DeltaGenerator:
    """The place of one setting in a row."""
    return st.container(width=WIDTH)


def _stop_at(choice: choices.AttackChoice, values: Settings, *, calibrated: bool) -> float | None:
    """The score of "real" at which the attack ends; None runs it to its end."""
    once = not stops(choice.method, values)
    return st.number_input(
        "stop at score",
        0.5,
        1.0,
        None if once else choice.stop_at,
        0.05,
        "%g",
        disabled=once,
        placeholder="none",
        help=f"Ends the attack as soon as the face is called real with this {'probability' if calibrated else 'score'} "
        "of “real”, 0.5 to 1; no pass is spent after it. Empty: it runs all of its steps; so does an attack that asks "
        "once.",
    )


def stops(method: str, values: Settings) -> bool:
    """Whether an attack asks the detector more than once, so that it can end early."""
    return bool(ATTACKS[method].facts["passes"](values)[0] > 1)


def _presets(choice: choices.AttackChoice, values: Mapping[str, Value]) -> None:
    entry = ATTACKS[choice.method]
    known = {"Defaults": entry.settings()}
    known |= {name: entry.settings(preset) for name, preset in entry.facts.get("presets", {}).items()}
    now = next((name for name, preset in known.items() if preset == values), OWN)
    names = [*known, *([OWN] if now == OWN else [])]
    picked = st.selectbox("Preset", names, names.index(now), help="Values of a paper, or the method's own defaults.")
    if picked != now:
        choice.values = dict(known[picked])
        st.rerun()


def words(method: str, settings: Settings, seed: int, stop_at: float | None) -> str:
    """An attack with all of its settings, in one line."""
    ends = f", stopped when called real with {stop_at:g}" if stop_at is not None else ""
    return f"{text.settings_words(ATTACKS[method], settings)}, seed {seed}{ends}"


def made_with(now: object, then: object, said: str) -> None:
    """Say what a result was made with; as a warning where that is not what stands on the screen."""
    if now == then:
        st.caption(tables.plain(said))
    else:
        said = f"This result was made with other settings than those on the screen: {tables.plain(said)}."
        st.warning(said, icon=":material/history:")
