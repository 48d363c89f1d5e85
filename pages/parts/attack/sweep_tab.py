"""Success and robust accuracy against epsilon, for chosen attacks over the faces of the open file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.attacks import ATTACKS
from core.attacks.analysis.epsilon_sweep import (
    ARIF,
    Point,
    Sweep,
    can_be_swept,
    limited,
    parse_epsilons,
    record,
    sweep,
)
from core.engine import jobs
from core.media.open import spread
from core.output import records, screen
from core.types import Judged, Settings
from pages.parts.attack import method_settings
from pages.parts.session import choices, session
from pages.parts.widgets import guarding, image_widgets, tables

PRESETS = {"1 to 16/255": "0, 1, 2, 4, 8, 16", "Arif, figure 5": ", ".join(f"{eps * 255:g}" for eps in ARIF)}
WHICH = {"fake": "Called fake", "all": "All judged"}
SUCCESS = (
    "Of the faces called fake before, the share called real afterwards, as 8-bit pictures. Larger: the attack wins."
)
ROBUST = (
    "Of all faces, each taken to be fake, the share still called fake: accuracy under attack. Larger: the detector "
    "holds. At epsilon 0 it is the share called fake without an attack."
)
EPSILONS = (
    "Numbers from 0 to 64 with commas between; 0 is the detector without an attack. Pictures have 8 bits: of a "
    "fraction of 1/255 nothing is left."
)
SHOWN = 12  # frames that are listed on the screen; all of them are in the JSON
STEPS, QUERIES = "For attacks whose own number is larger.", "Of a black box, for each face."
FEW = 30  # faces, below which the bands are wide


@dataclass(frozen=True, slots=True, eq=False)
class KeptSweep:
    """A sweep with what was asked for; `faces` are the frame and track of each."""

    sweep: Sweep
    asked: tuple[Any, ...]
    settings: dict[str, dict[str, int]]
    faces: tuple[tuple[int, int], ...]
    which: str
    there: int  # faces to choose from
    seed: int


def some(judged: Sequence[Judged], which: str, most: int) -> list[Judged]:
    """The judged faces called fake, or with `which` "all" every one with a verdict; at most `most`, evenly spread."""
    there = [item for item in judged if item.verdict and (which == "all" or item.verdict.label == "fake")]
    return [there[place] for place in spread(len(there), most)]


def _asked(choice: choices.SweepChoice, epsilons: tuple[float, ...]) -> tuple[Any, ...]:
    return choice.attacks, epsilons, choice.which, choice.most, choice.steps, choice.queries, choice.seed


def settings(desk: session.Desk, item: Judged | None) -> None:
    """The left side."""
    choice = desk.sweep
    names = [name for name in ATTACKS if can_be_swept(name)]
    now = next((name for name, text in PRESETS.items() if text == choice.epsilons), method_settings.OWN)
    options = [*PRESETS, *([method_settings.OWN] if now == method_settings.OWN else [])]
    picked = st.selectbox(
        "Preset",
        options,
        options.index(now),
        help="Epsilons of Arif, section III.B (0.03 to 0.25 of 1), or small ones.",
    )
    if picked != now:
        choice.epsilons = PRESETS[picked]
        st.rerun()
    with st.form("sweep"):
        attacks = st.multiselect(
            "Attacks",
            names,
            list(choice.attacks),
            format_func=lambda name: ATTACKS[name].title,
            help="Those that an L-infinity epsilon bounds. Random noise of the same size is the control.",
        )
        epsilons = st.text_input("epsilons (/255)", choice.epsilons, help=EPSILONS)
        which = st.radio(
            "Faces",
            list(WHICH),
            list(WHICH).index(choice.which),
            format_func=lambda key: _which(desk, key),
            help="Of the file as it was judged under Inspect. Only those called fake are attacked; the others count "
            "in robust accuracy, as fakes that were missed.",
        )
        with method_settings.row():
            with method_settings.cell():
                most = st.number_input("faces at most", 1, 200, choice.most, help="Spread evenly over those there are.")
            with method_settings.cell():
                seed = st.number_input("seed", 0, 2**31 - 1, choice.seed, help="The same one repeats the sweep.")
            with method_settings.cell():
                steps = st.number_input("steps at most", 1, 500, choice.steps, help=STEPS)
            with method_settings.cell():
                queries = st.number_input("queries at most", 10, 20000, choice.queries, 50, help=QUERIES)
        st.caption("An attack on a face ends as soon as it is called real.")
        run = st.form_submit_button(
            "Run sweep", type="primary", icon=":material/stacked_line_chart:", disabled=desk.busy, width="stretch"
        )
    if run:
        with guarding.guard():
            parse_epsilons(epsilons)  # what cannot be read stays in its field, to be mended
            choices.changed(
                choice,
                attacks=tuple(attacks),
                epsilons=epsilons,
                which=which,
                most=int(most),
                steps=int(steps),
                queries=int(queries),
                seed=int(seed),
            )
            _start(desk)
            st.rerun()


def _which(desk: session.Desk, which: str) -> str:
    return f"{WHICH[which]} ({len(some(desk.judged, which, len(desk.judged)))})"


def _of(desk: session.Desk) -> tuple[str, str, str]:
    assert desk.media
    return "sweep", desk.media.id, desk.detector.version


def _start(desk: session.Desk) -> None:
    choice, detector, of = desk.sweep, desk.detector, _of(desk)
    epsilons, faces = parse_epsilons(choice.epsilons), some(desk.judged, choice.which, choice.most)
    given: dict[str, dict[str, int]] = limited(choice.attacks, steps=choice.steps, queries=choice.queries)
    asked, names, seed, which = _asked(choice, epsilons), choice.attacks, choice.seed, choice.which
    there = len(some(desk.judged, which, len(desk.judged)))
    places = tuple((item.face.frame, item.face.track) for item in faces)

    def work(job: jobs.Job) -> None:
        found = sweep(
            detector,
            [item.face.crop for item in faces],
            names,
            epsilons,
            settings=given,
            seed=seed,
            progress=job.tell,
            on_point=job.trail.append,
            should_stop=job.halt.is_set,
        )
        if found.points or not found.stopped:
            desk.attacked.keep(of, KeptSweep(found, asked, given, places, which, there, seed))

    desk.start("sweep", "Attacking at each epsilon, faces", work)


def result(desk: session.Desk, item: Judged | None) -> None:
    """The right side."""
    kept: KeptSweep | None = desk.attacked.kept.get(_of(desk))
    if kept is None:
        st.markdown("How large does a change have to be before this detector gives way?")
        st.caption(
            "Chosen attacks at growing epsilons, on the faces of this file: how many are turned, and how many are "
            "still called fake, with 95% bands. Settings are at the left."
        )
        return
    _said(desk, kept)
    points = kept.sweep.points
    if not points or not points[0].called:
        st.info(
            f"None of the {len(kept.faces)} faces is called fake: there is nothing to turn.", icon=":material/info:"
        )
    _plot(points)
    for warning in kept.sweep.warnings:
        st.warning(tables.plain(warning), icon=":material/warning:")
    _table(points)
    _downloads(desk, kept)


def _said(desk: session.Desk, kept: KeptSweep) -> None:
    each = "; ".join(_with(name, kept.settings[name]) for name in kept.settings)
    kind = "faces called fake" if kept.which == "fake" else "judged faces"
    frames = ", ".join(str(frame) for frame, _ in kept.faces[:SHOWN]) + (", …" if len(kept.faces) > SHOWN else "")
    where = f", frames {frames}" if desk.media and desk.media.kind == "video" else ""
    said = f"{len(kept.faces)} of {kept.there} {kind}{where}. {each}; seed {kept.seed}"
    with guarding.guard():
        now = _asked(desk.sweep, parse_epsilons(desk.sweep.epsilons))
        method_settings.made_with(now, kept.asked, said)
    if kept.sweep.stopped:
        st.info("Stopped: the points that were whole by then are kept.", icon=":material/info:")


def _with(name: str, given: Settings) -> str:
    listed = ", ".join(f"{key} {value}" for key, value in given.items())
    return f"{ATTACKS[name].title}{f' ({listed})' if listed else ''}"


def _plot(points: Sequence[Point]) -> None:
    success: dict[str, list[screen.EpsilonShare]] = {}
    robust: dict[str, list[screen.EpsilonShare]] = {}
    for point in points:
        title, size = ATTACKS[point.attack].title, point.eps * 255
        head = f"{title} at {size:.4g}/255<br>"
        if point.success is not None:
            said = f"{head}{point.turned} of {point.called} turned: "
            success.setdefault(title, []).append(
                (
                    size,
                    point.success,
                    point.success_interval,
                    said + tables.share(point.success, point.success_interval),
                )
            )
        said = f"{head}still called fake, of {point.n}: {tables.share(point.robust, point.robust_interval)}"
        robust.setdefault(title, []).append((size, point.robust, point.robust_interval, said))
    figure = screen.against_epsilon({"Attack success": success, "Robust accuracy": robust})
    image_widgets.chart(figure, "Attack success and robust accuracy against epsilon, with 95% bands", key="sweep-plot")
    n = points[0].n if points else 0
    few = f" With {n} face{'s' * (n != 1)} they are wide: read orders, not digits." if n < FEW else ""
    st.caption(
        f"Bands: 95% intervals (Wilson), as if the faces were independent; frames of one video are alike, so "
        f"the truth is less sure than they look.{few}",
        help=f"Attack success: {SUCCESS}\n\nRobust accuracy: {ROBUST}",
    )


def _table(points: Sequence[Point]) -> None:
    with st.expander("The same as a table", icon=":material/table:"):
        tables.shown(
            [
                {
                    "attack": ATTACKS[point.attack].title,
                    "epsilon": f"{point.eps * 255:.4g}/255",
                    "turned": f"{point.turned} of {point.called}",
                    "success": tables.share(point.success, point.success_interval) if point.called else "none to turn",
                    "robust accuracy": tables.share(point.robust, point.robust_interval),
                }
                for point in points
            ]
        )


def _downloads(desk: session.Desk, kept: KeptSweep) -> None:
    assert desk.media
    rows = record(kept.sweep)
    whole = {
        "media": records.media_record(desk.media),
        "detector": desk.detector.version,
        "seed": kept.seed,
        "settings": kept.settings,
        "faces": [{"frame": frame, "track": track} for frame, track in kept.faces],
        "chosen": WHICH[kept.which],
        "stopped": kept.sweep.stopped,
        "points": rows,
        "warnings": kept.sweep.warnings,
    }
    with st.container(horizontal=True):
        tables.csv_button("Sweep as CSV", rows, "sweep.csv", key="sweep-csv")
        tables.json_button("Sweep as JSON", whole, "sweep.json", key="sweep-json")
