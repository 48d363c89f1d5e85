"""Draw attacks and sweeps while they run."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.attacks import ATTACKS
from core.attacks.analysis.epsilon_sweep import Point
from core.engine.jobs import Job
from core.media.images import DIFFERENCE_FACTOR, amplified_difference
from core.output import screen
from core.types import Array, AttackStep, AttackView
from pages.parts.session.session import Session
from pages.parts.widgets.image_widgets import show_image

SECONDS = 0.4  # from one drawing to the next
MAX_POINTS = 400  # drawn of a trajectory
FAKE, ATTACKED = "deepfake detector: “manipulated”", "attack detector: “attacked”"
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
        pictures, slot = st.empty(), st.empty()
    slot.caption("Waiting for the first step.")
    seen: list[Any] = [0, 0.0, None]  # how much was drawn and when, and the view

    def draw(now: Job) -> None:
        if clean is not None and now.view is not None and now.view is not seen[2]:
            seen[2] = now.view
            show_view(pictures, now.view, clean)
            slot.empty()
        trail = list(now.trail)  # a copy: the worker goes on meanwhile
        if not trail or len(trail) == seen[0] or time.monotonic() - seen[1] < SECONDS:
            return
        seen[:2] = len(trail), time.monotonic()
        if now.kind == "sweep":
            slot.table(sweep_step_rows(trail))
        else:
            slot.vega_lite_chart(_step_rows(trail), _SPEC, width="stretch", height=300)

    return draw


def show_view(place: DeltaGenerator, view: AttackView, clean: Array) -> None:
    """Draw the original beside the attack's picture, its change and its gradient."""
    difference = amplified_difference(clean / 255, view.image / 255)
    pictures = [
        (clean, "Original"),
        (view.image, f"Attacked, query {view.step}"),
        (difference, f"Difference, {DIFFERENCE_FACTOR} times"),
    ]
    if view.gradient is not None:
        scale = screen.scale_of([view.gradient])
        pictures.append((screen.colour_map(view.gradient, signed=False, scale=scale), "Gradient that it follows"))
    with place.container(horizontal=True, gap="small"):  # in a row where there is room, else two by two
        for image, caption in pictures:
            with st.container(width="stretch"):
                show_image(image, caption)


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
