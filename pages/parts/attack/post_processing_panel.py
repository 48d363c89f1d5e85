"""Show whether an attack is robust to post-processing: verdicts after it, clean beside attacked."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core import pipeline
from core.engine.jobs import Job
from core.engine.results import ResultKey
from core.media import post_processing
from core.media_attack import robustness
from core.output import screen
from core.output.attack_results_record import attack_settings_record, face_robustness_record
from core.output.attack_sentences import survival_sentence
from core.output.csv_text import flat_row
from core.output.records import Record, face_record, robustness_record
from core.output.shown_record import ShownRecord, csv_file
from core.output.verdict_sentences import band_words
from core.types import AttackResult, InputError, JudgedFace
from core.types.robustness_rows import RobustnessRow
from pages.parts.session.session import Session
from pages.parts.session.shown_records import hand_in
from pages.parts.session.shown_weights import weights_shown
from pages.parts.widgets.chart_widgets import show_chart
from pages.parts.widgets.tables import csv_button, json_button, show_table


def draw(session: Session, judged: JudgedFace, result: AttackResult, *, stop_at: float | None) -> None:
    """Show a button, then a plot and a table of the verdicts.

    Args:
        session: holds the verdicts.
        judged: the clean face.
        result: the attack on it.
        stop_at: the score of "real" that it was to stop at, or None.
    """
    st.subheader("Does it survive?", anchor=False, help="The face is coded, resized or blurred, and judged again.")
    key = _key(session, result)
    rows = session.results.get(key)
    if rows is None:
        st.caption("The verdict after JPEG, WebP, H.264, resizing and blur, for the clean and the attacked face.")
        if st.button("Try the ways that images travel", icon=":material/send:", disabled=session.busy):
            _start(session, judged, result, key)
            st.rerun()
        return
    st.markdown(survival_sentence(rows))
    if len(rows) < len(post_processing.OPERATIONS):
        tried, ways = len(rows) - 1, len(post_processing.OPERATIONS) - 1  # the first leaves the face as it is
        st.info(f"Stopped: {tried} of {ways} ways were tried.", icon=":material/info:")
        if st.button("Try them all", icon=":material/send:", disabled=session.busy):
            _start(session, judged, result, key)
            st.rerun()
    lines = [
        ("Clean", "inconclusive", [row.clean.p_fake for row in rows]),
        ("Attacked", "attacked", [row.attacked.p_fake for row in rows]),
    ]
    figure = screen.robustness([row.words for row in rows], lines, bands=session.detector.bands)
    show_chart(figure, "Score of “manipulated” after each way, clean and attacked", key="survival")
    with st.expander("The same as a table", icon=":material/table:"):
        show_table(
            [
                {
                    "after": row.words,
                    "clean": band_words(row.clean),
                    "attacked": band_words(row.attacked),
                }
                for row in rows
            ]
        )
    _downloads(session, judged, result, rows, stop_at)


def _downloads(
    session: Session, judged: JudgedFace, result: AttackResult, rows: list[RobustnessRow], stop_at: float | None
) -> None:
    """Offer the table as CSV and JSON, and keep it for the case."""
    whole = partial(face_robustness_record, result, session.detector.version, rows)

    def table() -> list[Record]:
        return [flat_row(row) for row in robustness_record(rows)]

    def shown() -> ShownRecord:
        settings = {
            "detector": session.detector.version,
            "frames": session.frames_searched,
            "face": face_record(judged.face),
            **attack_settings_record(result, stop_at=stop_at),
        }
        files = {"robustness.csv": csv_file(table())}
        weights = weights_shown(session, [result.attack])
        return ShownRecord("post-processing", survival_sentence(rows), settings, whole(), files, weights)

    hand_in(session, shown, about=result.id)
    with st.container(horizontal=True):
        csv_button("Robustness as CSV", table, "robustness.csv", key="robustness-csv")
        json_button("Robustness as JSON", whole, "robustness.json", key="robustness-json")


def _key(session: Session, result: AttackResult) -> ResultKey[list[RobustnessRow]]:
    key: ResultKey[list[RobustnessRow]]
    key = ResultKey("post-processing", result.id, session.detector.version, result.attack)
    return key.with_settings(result.settings, result.seed)


def _start(session: Session, judged: JudgedFace, result: AttackResult, key: ResultKey[list[RobustnessRow]]) -> None:
    detector, clean, attacked = session.detector, judged.face.crop, pipeline.attacked_crop(result)

    def work(job: Job) -> None:
        rows = robustness.measure_robustness(detector, clean, attacked, progress=job)
        if not rows:
            raise InputError("Stopped before the first way was tried.")
        session.results.put(key, rows)

    session.start("post-processing", "Coding, resizing, blurring and judging again, ways", work)
