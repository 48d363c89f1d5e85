"""Attacks while they run: the score at each step so far, and the points of a sweep as they come."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import streamlit as st

from core.attacks import ATTACKS
from core.attacks.sweep import Point
from pages import _state

OFTEN = 0.4  # seconds from one picture to the next
MOST = 400  # points drawn of a course
COURSES = {"attack": "The attack as it runs", "whole": "The attack on the present frame as it runs"}


def place(desk: _state.Desk) -> Callable[[_state.Job], None] | None:
    """A place for what the running job tells, and what draws it there; None where nothing that is drawn runs."""
    job = desk.job
    if job is None or not desk.busy or job.kind not in (*COURSES, "sweep"):
        return None
    with st.container(border=True):
        st.markdown(f"**{COURSES.get(job.kind, 'Points of the sweep so far')}**")
        slot = st.empty()
    slot.caption("Waiting for the first step.")
    seen: list[Any] = [0, 0.0]  # how much was drawn, and when

    def draw(now: _state.Job) -> None:
        trail = list(now.trail)  # a copy: the worker goes on meanwhile
        if not trail or len(trail) == seen[0] or time.monotonic() - seen[1] < OFTEN:
            return
        seen[:] = len(trail), time.monotonic()
        if now.kind == "sweep":
            slot.table(points(trail))
        else:
            slot.vega_lite_chart(_rows(trail), _SPEC, width="stretch", height=230)

    return draw


def watch(job: _state.Job, text: str) -> Callable[[int, float], None]:
    """What an attack tells at each step, for the line of progress and the live course."""

    def each(query: int, p_fake: float) -> None:
        job.trail.append((query, p_fake))
        job.tell(query, text=f"{text}, step {len(job.trail)}, score of “fake” {p_fake:.3f}, query")

    return each


def points(found: list[Point]) -> list[dict[str, str]]:
    """Points of a sweep in words."""
    return [
        {"attack": ATTACKS[point.attack].title, "epsilon": f"{point.eps * 255:.4g}/255",
         "called fake before": f"{point.called} of {point.n}", "then called real": f"{point.turned}"}
        for point in found
    ]  # fmt: skip


def _rows(trail: list[tuple[int, float]]) -> list[dict[str, float]]:
    """At most `MOST` steps of a course, the last one always among them."""
    rows = [{"step": step, "query": query, "score": p_fake} for step, (query, p_fake) in enumerate(trail, 1)]
    return rows[:: -(-len(rows) // MOST)] + rows[-1:]


_SPEC: dict[str, Any] = {
    "layer": [
        {"mark": {"type": "line", "point": False, "color": "#8A8A8A"}},
        {"mark": {"type": "circle", "color": "#8A8A8A", "size": 26, "tooltip": True}},
    ],
    "encoding": {
        "x": {"field": "step", "type": "quantitative", "title": "step", "axis": {"tickMinStep": 1, "format": "d"}},
        "y": {"field": "score", "type": "quantitative", "title": "score of “fake”", "scale": {"domain": [0, 1]}},
        "tooltip": [{"field": name, "type": "quantitative"} for name in ("step", "query", "score")],
    },
}
