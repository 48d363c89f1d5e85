"""Ask for a sweep's settings, and run it in the background."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import streamlit as st

from core.attacks import ATTACKS
from core.attacks.analysis.epsilon_sweep import ARIF, Sweep, can_be_swept, limited, parse_epsilons, sweep
from core.engine.jobs import Job
from core.engine.results import ResultKey
from core.output.attack_sentences import WHICH
from core.output.records import Record, face_record
from core.types import JudgedFace
from pages.parts.attack.attack_settings import SweepSettings
from pages.parts.attack.faces_to_attack import chosen_faces
from pages.parts.attack.long_results import LongResults
from pages.parts.attack.method_settings import EXPERT, OWN_SETTINGS, setting_cell, setting_row
from pages.parts.session.page_state import store_settings
from pages.parts.session.session import Session
from pages.parts.widgets.guarding import guard

PRESETS = {"1 to 16/255": "0, 1, 2, 4, 8, 16", "Arif, figure 5": ", ".join(f"{eps * 255:g}" for eps in ARIF)}
EPSILONS_HELP = (
    "Numbers from 0 to 64 with commas between; 0 is the detector without an attack. Images have 8 bits: of a "
    "fraction of 1/255 nothing is left."
)
WHICH_HELP = (
    "Of the file as it was judged under Inspect. Only those with the larger output “manipulated” are attacked; the "
    "others count in robust accuracy, as forgeries that were missed."
)
STEPS_HELP, QUERIES_HELP = "For attacks whose own number is larger.", "Of a black box, for each face."


class SweepRequest(NamedTuple):
    """Hold a sweep's request: the fields of `SweepSettings`, epsilons in [0, 1]."""

    attacks: tuple[str, ...]
    epsilons: tuple[float, ...]
    which: str
    max_faces: int
    steps: int
    queries: int
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class KeptSweep:
    """Keep a sweep with what was asked for.

    settings: of each attack, where limited; faces: the frame and the track of each; available: faces to choose from;
    frames: in how many of a video faces were looked for; records: of the faces.
    """

    sweep: Sweep
    request: SweepRequest
    settings: dict[str, dict[str, int]]
    faces: tuple[tuple[int, int], ...]
    available: int
    frames: int
    records: tuple[Record, ...]


def sweep_request(settings: SweepSettings) -> SweepRequest:
    """Return what the screen asks for; refuse epsilons that cannot be read."""
    epsilons = parse_epsilons(settings.epsilons)
    return SweepRequest(
        settings.attacks,
        epsilons,
        settings.which,
        settings.max_faces,
        settings.steps,
        settings.queries,
        settings.seed,
    )


def sweep_key(session: Session) -> ResultKey[KeptSweep]:
    """Name the sweep over the faces of the open file."""
    assert session.media
    return ResultKey("sweep", session.media.id, session.detector.version)


def draw_settings(session: Session, focused: JudgedFace | None) -> None:
    """Draw the settings of a sweep, and the button that runs it."""
    settings = session.page_state(SweepSettings)
    with st.form("sweep"):
        asked = _fields(session, settings)
        with st.expander("Limits and seed", icon=":material/tune:"):
            asked |= _limits(settings)
        st.caption("An attack on a face ends as soon as its larger output is “not manipulated”.")
        run = st.form_submit_button(
            "Run sweep", type="primary", icon=":material/stacked_line_chart:", disabled=session.busy, width="stretch"
        )
    if run:
        with guard():
            sweep_request(replace(settings, **asked))  # what cannot be read stays in its field, to be mended
            store_settings(settings, **asked)
            _start(session, settings)
            st.rerun()
    expert = st.expander("Expert", icon=":material/tune:", key=EXPERT, on_change="rerun")
    if expert.open:
        with expert:
            _preset(settings)


def _preset(settings: SweepSettings) -> None:
    now = next((name for name, text in PRESETS.items() if text == settings.epsilons), OWN_SETTINGS)
    options = [*PRESETS, *([OWN_SETTINGS] if now == OWN_SETTINGS else [])]
    picked = st.selectbox(
        "Preset",
        options,
        options.index(now),
        help="Epsilons of Arif, section III.B (0.03 to 0.25 of 1), or small ones.",
    )
    if picked != now:
        settings.epsilons = PRESETS[picked]
        st.rerun()


def _fields(session: Session, now: SweepSettings) -> dict[str, Any]:
    """Draw the fields of the form; return what they hold."""
    attacks = st.multiselect(
        "Attacks",
        [name for name in ATTACKS if can_be_swept(name)],
        list(now.attacks),
        format_func=lambda name: ATTACKS[name].title,
        help="Those that an L-infinity epsilon bounds. Random noise of the same size is the control.",
    )
    epsilons = st.text_input("epsilons (/255)", now.epsilons, help=EPSILONS_HELP)
    which = st.radio(
        "Faces",
        list(WHICH),
        list(WHICH).index(now.which),
        format_func=lambda key: f"{WHICH[key]} ({len(chosen_faces(session.faces, key, len(session.faces)))})",
        help=WHICH_HELP,
    )
    return {"attacks": tuple(attacks), "epsilons": epsilons, "which": which}


def _limits(now: SweepSettings) -> dict[str, int]:
    """Draw the limits and the seed; return what they hold."""
    with setting_row():
        with setting_cell():
            most = st.number_input("faces at most", 1, 200, now.max_faces, help="Spread evenly over those there are.")
        with setting_cell():
            seed = st.number_input("seed", 0, 2**31 - 1, now.seed, help="The same one repeats the sweep.")
        with setting_cell():
            steps = st.number_input("steps at most", 1, 500, now.steps, help=STEPS_HELP)
        with setting_cell():
            queries = st.number_input("queries at most", 10, 20000, now.queries, 50, help=QUERIES_HELP)
    return {"max_faces": int(most), "seed": int(seed), "steps": int(steps), "queries": int(queries)}


def _start(session: Session, settings: SweepSettings) -> None:
    detector, key, request = session.detector, sweep_key(session), sweep_request(settings)
    faces = chosen_faces(session.faces, request.which, request.max_faces)
    available = len(chosen_faces(session.faces, request.which, len(session.faces)))
    given: dict[str, dict[str, int]] = limited(request.attacks, steps=request.steps, queries=request.queries)
    places = tuple((judged.face.frame, judged.face.track) for judged in faces)
    records = tuple(face_record(judged.face) for judged in faces)
    results, frames = session.page_state(LongResults), session.frames_searched

    def work(job: Job) -> None:
        found = sweep(
            detector,
            [judged.face.crop for judged in faces],
            request.attacks,
            request.epsilons,
            settings=given,
            seed=request.seed,
            progress=job,
        )
        if found.points or not found.stopped:
            results.keep(key, KeptSweep(found, request, given, places, available, frames, records))

    session.start("sweep", "Attacking at each epsilon, faces", work)
