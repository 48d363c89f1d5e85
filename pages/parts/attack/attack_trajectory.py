"""Show the trajectory of the verdict while an attack ran."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.output import screen
from core.output.text import counted
from core.types import AttackResult
from pages.parts.session.attack_answers import AskedAttack
from pages.parts.session.session import Session
from pages.parts.widgets.chart_widgets import show_chart
from pages.parts.widgets.folded_part import fold


def show_trajectory(session: Session, result: AttackResult, answer: AskedAttack | None) -> None:
    """Draw the scores of both detectors at each step, once somebody opens them."""
    if result.trajectory:
        draw = partial(_draw, session, result, answer)
        fold(session, "Trajectory of the verdict", draw, icon=":material/timeline:", key="course-of-verdict")


def _draw(session: Session, result: AttackResult, answer: AskedAttack | None) -> None:
    attacked = answer.verdict.p_attacked if answer and answer.verdict else None
    figure = screen.trajectory(
        result.trajectory,
        bands=session.detector.bands,
        saved=result.after.p_fake,
        attacked=attacked,
        detector_trajectory=result.detector_trajectory,
    )
    show_chart(figure, "Scores of both detectors at each step, and of the saved image", key="course")
    bands = "Background, from below: not manipulated, inconclusive, manipulated. " if session.detector.bands else ""
    st.caption(
        f"{bands}Each step's score of “manipulated” is of the image before rounding to 8 bits; the square is the saved "
        f"image. Diamonds: what the attack detector says, of 8 bits as well. {_answers_on_the_way(result)}"
    )


def _answers_on_the_way(result: AttackResult) -> str:
    """Say at how many steps the attack detector was asked, and what it said."""
    scores = [value for _, value in result.detector_trajectory]
    said = [value for value in scores if value is not None]
    if not scores:
        return "It was not asked on the way."
    steps = counted(len(scores), "step")
    if not said:
        return f"It was to be asked at {steps}; “manipulated” was the larger output at each: not asked."
    unasked, attacked = len(scores) - len(said), sum(value > 0.5 for value in said)
    return (
        f"On the way its turn came at {steps}: “manipulated” was the larger output at {unasked}, where it "
        f"is not asked; attacked at {attacked} of the other {len(said)}."
    )
