"""Attack one face: verdicts before and after, images, norms, trajectories."""

from __future__ import annotations

import streamlit as st

from core import pipeline
from core.attacks import ATTACKS
from core.engine.jobs import Job
from core.engine.results import ResultKey
from core.media_attack.smallest_epsilon import attack_at_smallest_epsilon
from core.types import AttackResult, JudgedFace
from pages.parts.attack.attack_result import show_attack
from pages.parts.attack.attack_settings import AttackSettings
from pages.parts.attack.live_view import SOME_STEPS, live_callbacks
from pages.parts.attack.method_settings import can_stop_early, draw_form
from pages.parts.attack.strength import given_settings, searches_smallest_epsilon, smallest_epsilon_key
from pages.parts.session.attack_answers import ask_in_job, attack_detector
from pages.parts.session.kept_attacks import attack_key, keep_attack, latest_attack, latest_attack_key
from pages.parts.session.page_state import store_settings
from pages.parts.session.session import Session
from pages.parts.widgets.image_widgets import show_small_image

ASKS = {"none": "before and after only", "some": f"at about {SOME_STEPS} steps", "each": "at each step"}


def draw_settings(session: Session, focused: JudgedFace | None) -> None:
    """Draw an attack's settings for the face in focus, and its button."""
    if draw_form(session, button="Run attack", smallest=True, more=lambda: _asking(session)):
        if focused:
            _start(session, focused)
        st.rerun()


def _asking(session: Session) -> None:
    """Ask how often the attack detector is asked."""
    settings, fits = session.page_state(AttackSettings), attack_detector().fits(session.detector.name)
    asks = st.selectbox(
        "Attack detector asked",
        list(ASKS),
        list(ASKS).index(settings.asks) if fits else 0,
        disabled=not fits,
        format_func=ASKS.__getitem__,
        help="The course of its verdict while the attack runs. It reads a map, so each time costs a pass forward and "
        "back of the detector and one of its own; nothing of the attack depends on it. It is asked only about "
        "images whose larger output is “real”." + ("" if fits else " It was not trained on maps of this detector."),
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
    entry, method, asks, seed = ATTACKS[settings.method], settings.method, settings.asks, settings.seed
    given, searched = given_settings(settings), searches_smallest_epsilon(settings)
    smallest = smallest_epsilon_key(session, face.id) if searched else None
    stop_at = settings.stop_at if can_stop_early(method, given) else None
    steps, asked = entry.facts.passes(given)[0], attack_detector()
    score = pipeline.attack_score(detector, asked) if asked.fits(detector.name) else None

    def work(job: Job) -> None:
        callbacks = live_callbacks(job, entry.title, stop_at=stop_at, score=score, steps=steps, asks=asks)
        if smallest:
            others = {name: value for name, value in given.items() if name != "eps"}
            result = attack_at_smallest_epsilon(
                detector, face.crop, method=method, settings=others, seed=seed, progress=job, callbacks=callbacks
            )
            if not result.stopped:
                session.results.put(smallest, result)
        else:
            result = pipeline.attack(detector, face.crop, method, given, seed=seed, callbacks=callbacks)
        keep_attack(session, face.id, detector.version, result, stop_at)
        for crop, verdict in ((face.crop, result.before), (pipeline.attacked_crop(result), result.after)):
            ask_in_job(session, crop, verdict, detector)

    text = f"{entry.title}, query" if not smallest else f"Trying {entry.title} at larger and larger epsilon"
    session.start("attack", text, work, total=steps if not smallest else 0)


def _stop_at(key: ResultKey[AttackResult]) -> float | None:
    """Return the score of "real" that an attack was to stop at."""
    value = key.setting("stop_at")
    return None if value is None else float(value)


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
    show_attack(session, focused, result, stop_at=_stop_at(key), current=key == _wanted(session, focused))
