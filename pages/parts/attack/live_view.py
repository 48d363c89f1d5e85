"""Attacks while they run: both detectors' scores at each step so far, and the points of a sweep as they come."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import streamlit as st

from core.attacks import ATTACKS, AttackWatch
from core.attacks.analysis.epsilon_sweep import Point
from core.engine import jobs
from core.output import screen
from core.types import Array
from pages.parts.session import session

OFTEN = 0.4  # seconds from one picture to the next
MOST = 400  # points drawn of a course
SOME = 20  # steps at which the attack detector is asked, unless at each
FAKE, ATTACKED = "deepfake detector: “fake”", "attack detector: “attacked”"
Asked = Callable[[Array], float | None]
COURSES = {"attack": "The attack as it runs", "whole": "The attack on the present frame as it runs"}


def place(desk: session.Desk) -> Callable[[jobs.Job], None] | None:
    """A place for what the running job tells, and what draws it there; None where nothing that is drawn runs."""
    job = desk.job
    if job is None or not desk.busy or job.kind not in (*COURSES, "sweep"):
        return None
    with st.container(border=True):
        st.markdown(f"**{COURSES.get(job.kind, 'Points of the sweep so far')}**")
        slot = st.empty()
    slot.caption("Waiting for the first step.")
    seen: list[Any] = [0, 0.0]  # how much was drawn, and when

    def draw(now: jobs.Job) -> None:
        trail = list(now.trail)  # a copy: the worker goes on meanwhile
        if not trail or len(trail) == seen[0] or time.monotonic() - seen[1] < OFTEN:
            return
        seen[:] = len(trail), time.monotonic()
        if now.kind == "sweep":
            slot.table(points(trail))
        else:
            slot.vega_lite_chart(_rows(trail), _SPEC, width="stretch", height=300)

    return draw


def watch(
    job: jobs.Job, text: str, *, stop_at: float | None, asked: Asked | None, total: int, asks: str
) -> AttackWatch:
    """What an attack tells at each step, for the line of progress and the live course of both verdicts.

    `asked` is the attack detector's score of a picture (see `AttackWatch.attacked`), of `total` steps at most.
    """
    said: list[float | None] = []

    def too(crop: Array) -> float | None:
        assert asked
        said.append(asked(crop))
        return said[-1]

    def each(query: int, p_fake: float) -> None:
        new = said.pop() if said else None
        job.trail.append((query, p_fake, new))
        also = "" if new is None else f", of “attacked” {new:.3f}"
        job.tell(query, text=f"{text}, step {len(job.trail)}, score of “fake” {p_fake:.3f}{also}, query")

    every = 1 if asks == "each" else max(1, -(-total // SOME))
    attacked = too if asked and asks != "none" else None
    return AttackWatch(on_query=each, should_stop=job.halt.is_set, stop_at=stop_at, attacked=attacked, every=every)


def points(found: list[Point]) -> list[dict[str, str]]:
    """Points of a sweep in words."""
    return [
        {
            "attack": ATTACKS[point.attack].title,
            "epsilon": f"{point.eps * 255:.4g}/255",
            "called fake before": f"{point.called} of {point.n}",
            "then called real": f"{point.turned}",
        }
        for point in found
    ]


def _rows(trail: list[tuple[int, float, float | None]]) -> list[dict[str, Any]]:
    """At most `MOST` steps of a course, the last one always among them; the attack detector's words all."""
    rows = [
        {"step": step, "query": query, "score": p_fake, "of": FAKE} for step, (query, p_fake, _) in enumerate(trail, 1)
    ]
    too = [
        {"step": step, "query": query, "score": value, "of": ATTACKED}
        for step, (query, _, value) in enumerate(trail, 1)
        if value is not None
    ]
    return [*rows[:: -(-len(rows) // MOST)], rows[-1], *too]


_SPEC: dict[str, Any] = {
    "layer": [
        {"mark": {"type": "line", "point": False}},
        {"mark": {"type": "point", "filled": True, "size": 36, "tooltip": True}},
    ],
    "encoding": {
        "x": {"field": "step", "type": "quantitative", "title": "step", "axis": {"tickMinStep": 1, "format": "d"}},
        "y": {"field": "score", "type": "quantitative", "title": "score", "scale": {"domain": [0, 1]}},
        "color": {
            "field": "of",
            "type": "nominal",
            "legend": {"title": None, "orient": "top"},
            "scale": {"domain": [FAKE, ATTACKED], "range": ["#8A8A8A", screen.COLOURS["attacked"]]},
        },
        "shape": {
            "field": "of",
            "type": "nominal",
            "legend": None,
            "scale": {"domain": [FAKE, ATTACKED], "range": ["circle", "diamond"]},
        },
        "tooltip": [
            {"field": "of", "type": "nominal"},
            *({"field": name, "type": "quantitative"} for name in ("step", "query", "score")),
        ],
    },
}
