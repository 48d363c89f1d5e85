"""Draw attacks and sweeps while they run."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import streamlit as st

from core.attacks import ATTACKS
from core.attacks.analysis.epsilon_sweep import Point
from core.engine.jobs import Job
from core.media.images import DIFFERENCE_FACTOR, amplified_difference
from core.output import screen
from core.types import Array, AttackStep, AttackView
from pages.parts.attack.live_html import ATTACKED, FAKE, STYLE, pictures_html, scores_html
from pages.parts.session.session import Session

SECONDS = 0.5  # from one drawing to the next
MAX_POINTS = 400  # drawn of a trajectory
TITLES = {"attack": "The attack as it runs", "file attack": "The attack on the present frame as it runs"}


def live_place(session: Session, clean: Array | None = None) -> Callable[[Job], None] | None:
    """Make a place for the running work's results; return what draws them, or None.

    Args:
        session: holds the job.
        clean: (H, W, 3) uint8, the face under attack.
    """
    job = session.job
    if job is None or not session.busy or job.kind not in (*TITLES, "sweep"):
        return None
    with st.container(border=True):
        st.markdown(f"**{TITLES.get(job.kind, 'Points of the sweep so far')}**")
        st.html(STYLE)
        slot = st.empty()
    slot.caption("Waiting for the first step.")
    seen: list[Any] = [None, 0, 0.0]  # the view and how many steps were drawn, and when

    def draw(now: Job) -> None:
        view, trail = now.view, list(now.trail)  # a copy: the worker goes on meanwhile
        if [view, len(trail)] == seen[:2] or time.monotonic() - seen[2] < SECONDS:
            return
        seen[:] = view, len(trail), time.monotonic()
        if now.kind == "sweep":
            slot.table(sweep_step_rows(trail))
            return
        pictures = pictures_html(_pictures(view, clean)) if clean is not None and view is not None else ""
        if drawn := pictures + (scores_html(_step_rows(trail)) if trail else ""):
            slot.html(drawn)

    return draw


def _pictures(view: AttackView, clean: Array) -> list[tuple[Array, str]]:
    """Return the original, the attack's picture, its change and its gradient with captions."""
    difference = amplified_difference(clean / 255, view.image / 255)
    pictures = [
        (clean, "Original"),
        (view.image, f"Attacked, query {view.step}"),
        (difference, f"Difference, {DIFFERENCE_FACTOR} times"),
    ]
    if view.gradient is not None:
        scale = screen.scale_of([view.gradient])
        pictures.append((screen.colour_map(view.gradient, signed=False, scale=scale), "Gradient that it follows"))
    return pictures


def sweep_step_rows(points: list[Point]) -> list[dict[str, str]]:
    """Say the points of a sweep in words, one row each."""
    return [
        {
            "attack": ATTACKS[point.attack].title,
            "epsilon": f"{point.eps * 255:.4g}/255",
            "“manipulated” before": f"{point.predicted_fake} of {point.faces}",
            "then “not manipulated”": f"{point.flipped}",
        }
        for point in points
    ]


def _step_rows(trail: list[AttackStep]) -> list[dict[str, Any]]:
    """Thin the steps to `MAX_POINTS`, keeping the last and the attack detector's.

    Steps are counted over all faces of a frame; one that comes again with the attack detector's score is the last one.
    """
    rows: list[dict[str, Any]] = []
    too: list[dict[str, Any]] = []
    for step in trail:
        if step.p_attacked is None:
            rows.append({"step": len(rows) + 1, "query": step.forwards, "score": step.p_fake, "of": FAKE})
        else:
            too.append({"step": len(rows), "query": step.forwards, "score": step.p_attacked, "of": ATTACKED})
    return [*rows[:: -(-len(rows) // MAX_POINTS)], rows[-1], *too]
