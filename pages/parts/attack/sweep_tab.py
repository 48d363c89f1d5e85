"""Show success and robust accuracy against epsilon over the open file's faces."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core.attacks import ATTACKS
from core.attacks.analysis.epsilon_sweep import Point, record
from core.output import screen
from core.output.attack_results_record import file_sweep_record
from core.output.attack_sentences import WHICH, sweep_sentence
from core.output.records import Record
from core.output.shown_record import ShownRecord, csv_file
from core.output.text import counted, share_words
from core.output.value_records import value_record
from core.types import JudgedFace, Settings
from core.types.attack_metrics import FileSweep
from pages.parts.attack.attack_settings import SweepSettings
from pages.parts.attack.long_results import LongResults
from pages.parts.attack.method_settings import show_made_with
from pages.parts.attack.sweep_form import KeptSweep, sweep_key, sweep_request
from pages.parts.session.session import Session
from pages.parts.session.shown_records import hand_in
from pages.parts.session.shown_weights import weights_shown
from pages.parts.widgets.chart_widgets import show_chart
from pages.parts.widgets.guarding import guard
from pages.parts.widgets.tables import csv_button, json_button, plain, show_table

SUCCESS_HELP = (
    "Of the faces with the larger output “manipulated”, the share with “not manipulated” afterwards, as 8-bit images. "
    "Larger: the attack wins."
)
ROBUST_HELP = (
    "Of all faces, each taken to be forged, the share still “manipulated”: accuracy under attack. Larger: the detector "
    "holds. At epsilon 0 it is the share without an attack."
)
MAX_FRAMES = 12  # listed on the screen; all of them are in the JSON
MIN_FACES_NARROW = 30  # below which the bands are wide


def draw_result(session: Session, focused: JudgedFace | None) -> None:
    """Draw the last sweep over this file: curves, points and files."""
    kept = session.page_state(LongResults).get(sweep_key(session))
    if kept is None:
        st.markdown("How large does a change have to be before this detector gives way?")
        st.caption(
            "Chosen attacks at growing epsilons, on the faces of this file: how many are turned, and how many are "
            "still “manipulated” by the larger output, with 95% bands."
        )
        return
    points = kept.sweep.points
    st.header(plain(sweep_sentence(record(kept.sweep), {name: ATTACKS[name].title for name in ATTACKS})), anchor=False)
    _show_request(session, kept)
    if not points or not points[0].predicted_fake:
        st.info(
            f"Of {counted(len(kept.faces), 'face')} none has the larger output “manipulated”: nothing is to be turned.",
            icon=":material/info:",
        )
    _plot(points)
    for warning in kept.sweep.warnings:
        st.warning(plain(warning), icon=":material/warning:")
    _table(points)
    _downloads(session, kept)


def _show_request(session: Session, kept: KeptSweep) -> None:
    """Say what was swept over, and whether that still stands on the screen."""
    each = "; ".join(_with(name, kept.settings[name]) for name in kept.settings)
    kind = "faces with the larger output “manipulated”" if kept.request.which == "fake" else "judged faces"
    more = ", …" if len(kept.faces) > MAX_FRAMES else ""
    frames = ", ".join(str(frame) for frame, _ in kept.faces[:MAX_FRAMES]) + more
    where = f", frames {frames}" if session.media and session.media.kind == "video" else ""
    words = f"{len(kept.faces)} of {kept.available} {kind}{where}. {each}; seed {kept.request.seed}"
    with guard():
        current = sweep_request(session.page_state(SweepSettings)) == kept.request
        show_made_with(words, current=current)
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
            said = f"{head}{point.flipped} of {point.predicted_fake} turned: "
            success.setdefault(title, []).append(
                (
                    size,
                    point.success,
                    point.success_interval,
                    said + share_words(point.success, point.success_interval),
                )
            )
        said = f"{head}still “manipulated”, of {point.faces}: {share_words(point.robust, point.robust_interval)}"
        robust.setdefault(title, []).append((size, point.robust, point.robust_interval, said))
    figure = screen.against_epsilon({"Attack success": success, "Robust accuracy": robust})
    show_chart(figure, "Attack success and robust accuracy against epsilon, with 95% bands", key="sweep-plot")
    n = points[0].faces if points else 0
    few = f" With {n} face{'s' * (n != 1)} they are wide: read orders, not digits." if n < MIN_FACES_NARROW else ""
    st.caption(
        f"Bands: 95% intervals (Wilson), as if the faces were independent; frames of one video are alike, so "
        f"the truth is less sure than they look.{few}",
        help=f"Attack success: {SUCCESS_HELP}\n\nRobust accuracy: {ROBUST_HELP}",
    )


def _table(points: Sequence[Point]) -> None:
    with st.expander("The same as a table", icon=":material/table:"):
        show_table(
            [
                {
                    "attack": ATTACKS[point.attack].title,
                    "epsilon": f"{point.eps * 255:.4g}/255",
                    "turned": f"{point.flipped} of {point.predicted_fake}",
                    "success": share_words(point.success, point.success_interval)
                    if point.predicted_fake
                    else "none to turn",
                    "robust accuracy": share_words(point.robust, point.robust_interval),
                }
                for point in points
            ]
        )


def _downloads(session: Session, kept: KeptSweep) -> None:
    assert session.media
    found = FileSweep(
        detector=session.detector.version,
        seed=kept.request.seed,
        settings=kept.settings,
        faces=kept.faces,
        chosen=WHICH[kept.request.which],
        stopped=kept.sweep.stopped,
        points=record(kept.sweep),
        warnings=kept.sweep.warnings,
    )
    whole = partial(file_sweep_record, session.media, found)

    def rows() -> list[Record]:
        return [value_record(row) for row in found.points]

    def shown() -> ShownRecord:
        results = whole()
        settings = {name: results[name] for name in ("detector", "seed", "settings", "chosen")}
        settings |= {"asked": kept.request._asdict(), "frames": kept.frames, "faces": list(kept.records)}
        words = sweep_sentence(found.points, {name: ATTACKS[name].title for name in ATTACKS})
        weights = weights_shown(session, kept.request.attacks)
        return ShownRecord("sweep", words, settings, results, {"sweep.csv": csv_file(rows())}, weights)

    hand_in(session, shown)
    with st.container(horizontal=True):
        csv_button("Sweep as CSV", rows if found.points else [], "sweep.csv", key="sweep-csv")
        json_button("Sweep as JSON", whole, "sweep.json", key="sweep-json")
