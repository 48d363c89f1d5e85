"""Attack one face: verdicts before and after, images, norms, trajectories."""

from __future__ import annotations

import streamlit as st

from core.attacks import ATTACKS
from core.engine.jobs import Job
from core.engine.results import ResultKey
from core.types import AttackResult, JudgedFace
from pages.parts.attack.attack_result import show_attack
from pages.parts.attack.attack_settings import AttackSettings
from pages.parts.attack.method_settings import can_stop_early, draw_form
from pages.parts.attack.strength import given_settings, searches_smallest_epsilon, smallest_epsilon_key
from pages.parts.session.attack_answers import attack_detector
from pages.parts.session.attack_progress import SOME_STEPS
from pages.parts.session.attack_work import PlannedAttack, attack_in_job, planned
from pages.parts.session.kept_attacks import attack_key, latest_attack, latest_attack_key
from pages.parts.session.page_state import follow_setting, store_settings
from pages.parts.session.session import Session
from pages.parts.widgets.image_widgets import show_small_image

ASKS = {"none": "before and after only", "some": f"at about {SOME_STEPS} steps", "each": "at each step"}
ASKED = "attack-asks"  # key of its widget


def draw_settings(session: Session, focused: JudgedFace | None) -> None:
    """Draw an attack's settings for the face in focus, and its button."""
    if draw_form(session, button="Run attack", smallest=True, more=lambda: _asking(session)):
        if focused:
            _start(session, focused)
        st.rerun()


def _asking(session: Session) -> None:
    """Ask how often the attack detector is asked."""
    settings, fits = session.page_state(AttackSettings), attack_detector().fits(session.detector.name)
    key = ASKED if fits else f"{ASKED}-never"
    follow_setting(key, settings.asks if fits else next(iter(ASKS)))
    asks = st.selectbox(
        "Attack detector asked",
        list(ASKS),
        key=key,
        disabled=not fits,
        format_func=ASKS.__getitem__,
        help="Its verdict at each step of the attack. It reads a map, so each time costs a pass forward and "
        "back of the detector and one of its own; nothing of the attack depends on it. It is asked only about "
        "images whose larger output is “not manipulated”."
        + ("" if fits else " It was not trained on maps of this detector."),
    )
    if fits:
        store_settings(settings, asks=asks)


def _wanted(session: Session, focused: JudgedFace) -> ResultKey[AttackResult] | None:
    """Name the attack that the settings on the screen ask for.

    None where its epsilon has to be searched first.
    """
    settings = session.page_state(AttackSettings)
    given = given_settings(settings)
    if searches_smallest_epsilon(settings):
        found = session.results.get(smallest_epsilon_key(session, focused.face.id))
        if found is None:
            return None
        given = dict(found.settings)
    stop_at = settings.stop_at if can_stop_early(settings.method, given) else None
    return attack_key(focused.face.id, session.detector.version, settings.method, given, settings.seed, stop_at)


def _start(session: Session, focused: JudgedFace) -> None:
    key = _wanted(session, focused)
    kept = session.results.get(key) if key else None
    if key and kept is not None and not kept.stopped:
        session.results.mark_latest(key)
        return
    settings, detector, face = session.page_state(AttackSettings), session.detector, focused.face
    given = given_settings(settings)
    smallest = smallest_epsilon_key(session, face.id) if searches_smallest_epsilon(settings) else None
    stop_at = settings.stop_at if can_stop_early(settings.method, given) else None
    plan = PlannedAttack(settings.method, given, settings.seed, stop_at)
    asks, title = settings.asks, ATTACKS[settings.method].title

    def work(job: Job) -> None:
        attack_in_job(session, job, face, plan, detector, asks=asks, smallest=smallest)

    text = f"{title}, query" if not smallest else f"Trying {title} at larger and larger epsilon"
    session.start("attack", text, work, total=plan.steps if not smallest else 0)


def draw_result(session: Session, focused: JudgedFace | None) -> None:
    """Draw the last attack on the face in focus, with its robustness."""
    if focused is None:
        st.info("The face in focus has no verdict; choose another one above, or attack the whole file.")
        return
    key, result = latest_attack_key(session), latest_attack(session)
    if key is None or result is None:
        st.markdown("No attack was put on this face yet. How little has to change until the detector is wrong?")
        show_small_image(focused.face.crop, "The face in focus")
        return
    show_attack(session, focused, result, stop_at=planned(key).stop_at, current=key == _wanted(session, focused))
