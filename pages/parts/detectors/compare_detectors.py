"""Compare several detectors on the same faces, and combine their verdicts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import streamlit as st

from core import pipeline
from core.detectors import ensemble
from core.detectors.checkpoints import status
from core.detectors.ensemble import DetectorComparison, EnsembleVerdict
from core.engine.jobs import Job
from core.engine.model_weights import weights_of_models
from core.faces.rejection import sharpness
from core.output import screen
from core.output.csv_text import flat_row
from core.output.file_results import comparison_record, comparison_rows
from core.output.records import face_record
from core.output.shown_record import ShownRecord, csv_file
from core.output.text import NO_VERDICT, number_words, share_words
from core.output.value_records import value_record
from core.output.verdict_sentences import band_words, detectors_sentence
from core.types import InputError, JudgedFace
from core.types.ensemble_metrics import PairAgreement, StackMetrics
from core.types.verdicts import OUTPUTS
from pages.parts.detectors.detectors_settings import TAB_KEY, DetectorsSettings
from pages.parts.session.page_state import set_widget, widget_value
from pages.parts.session.session import Session
from pages.parts.session.shown_records import hand_in
from pages.parts.widgets.badges import badge
from pages.parts.widgets.chart_widgets import show_strip
from pages.parts.widgets.redrawn_alone import redraw_alone
from pages.parts.widgets.sample_choice import offer_samples
from pages.parts.widgets.tables import csv_button, json_button, plain, show_table

MIN_DETECTORS = 2
MAX_PRESELECTED = 6  # detectors that are preselected
TITLES = {"DD1": "DD1: one alone", "DD2": "DD2: one is enough", "DD3": "DD3: stacked"}
SOURCE = "Tariq et al. 2022, section 5: three ways to defend with detectors."
KAPPA = (
    "Cohen's kappa: agreement beyond what chance would give; 1 is complete, 0 is chance. Not defined where both give "
    "all faces the same label."
)
AGREE = "The share of pairs of detectors that give this face the same label; 100% is complete agreement."


def draw(session: Session) -> None:
    """Draw the choice of detectors, and their verdicts on the open file."""
    titles = {state.name: state.title for state in status.states() if state.where != "missing"}
    if len(titles) < MIN_DETECTORS:
        st.markdown("Only one detector has its weights here. With a second one, this tab compares their verdicts.")
        st.button("Add a detector", icon=":material/add:", on_click=set_widget, args=(TAB_KEY, "Weights"))
        return
    if session.media is None:
        if not session.busy:
            offer_samples(session, "Choose a file to see what several detectors say of it, or begin with a sample:")
        return
    settings = session.page_state(DetectorsSettings)
    chosen = [name for name in settings.together or (session.detector_name, *titles) if name in titles]
    chosen = list(dict.fromkeys(chosen)) if settings.together else list(dict.fromkeys(chosen))[:MAX_PRESELECTED]
    with st.form("compare"):
        names = st.multiselect(
            "Detectors",
            list(titles),
            chosen,
            format_func=titles.__getitem__,
            help="Those whose weights are here. The first one chosen is the one that DD1 goes by.",
        )
        run = st.form_submit_button("Compare", type="primary", icon=":material/compare_arrows:", disabled=session.busy)
    if run:
        if len(names) < MIN_DETECTORS:
            raise InputError("Choose at least two detectors.")
        settings.together = tuple(names)
        _start(session, names)
        st.rerun()
    if (found := settings.compared) and session.faces and not session.busy:
        redraw_alone(session, lambda: _shown(session, found, titles))


def _start(session: Session, names: Sequence[str]) -> None:
    faces, settings = [judged.face for judged in session.faces], session.page_state(DetectorsSettings)
    frames = session.frames_searched

    def work(job: Job) -> None:
        job.tell(0, text="Loading the detectors")
        detectors = [pipeline.load_detector(name) for name in names]
        job.tell(0, len(faces), f"Judging by {len(names)} detectors, faces")
        found = pipeline.compare(faces, detectors, progress=job)
        settings.weights, settings.frames, settings.compared = weights_of_models(*detectors), frames, found

    session.start("compare", "Loading the detectors", work, total=len(faces))


def _shown(session: Session, found: DetectorComparison, titles: Mapping[str, str]) -> None:
    faces = {row[0].face.id: row for row in found.rows}
    here = session.focused and faces.get(session.focused.face.id)
    if not here or any(judged.face.id not in faces for judged in session.faces):
        st.info("This comparison was stopped, or is of another file: compare again.", icon=":material/history:")
        if not here:
            return
    if any(
        name not in titles or session.detector_named(name).version != version
        for name, version in zip(found.names, found.versions, strict=True)
    ):
        st.warning("A detector or its calibration has changed since: compare again.", icon=":material/history:")
    elif session.page_state(DetectorsSettings).together != found.names:
        st.warning("This comparison is of other detectors than those chosen above.", icon=":material/history:")
    names = {name: titles.get(name, name) for name in found.names}
    conclusion = detectors_sentence(here)
    st.header(conclusion, anchor=False)
    show_table(verdict_rows(here, names))
    said = [judged.verdict for judged in here if judged.verdict]
    if len(said) > 1:
        st.markdown(f"Agreement: **{ensemble.agreement(said):.0%}** of pairs", help=AGREE)
    joined = _rules(found, here, names)
    if session.media and session.media.kind == "video":
        _over_time(session, found, names)
    pairs = _pairs(found, names)
    record, rows = comparison_record(session.media, found, rules=joined, pairs=pairs), comparison_rows(found)
    of_pairs = [flat_row(value_record(pair)) for pair in pairs]
    files = {"verdicts.csv": csv_file(rows), "pairs.csv": csv_file(of_pairs)}
    weights, frames = session.page_state(DetectorsSettings).weights, session.page_state(DetectorsSettings).frames
    settings = {"detectors": list(found.versions), "frames": frames, "face": face_record(here[0].face)}
    shown = ShownRecord("detectors", conclusion, settings, record, files, weights)
    hand_in(session, shown, about=here[0].face.id)
    with st.container(horizontal=True):
        csv_button("All verdicts as CSV", rows, "comparison.csv", key="compare-csv")
        csv_button("Pairs as CSV", of_pairs, "pairs.csv", key="pairs-csv")
        json_button("Comparison as JSON", record, "comparison.json", key="compare-json")


def verdict_rows(row: Sequence[JudgedFace], names: Mapping[str, str]) -> list[dict[str, str]]:
    """Make a row of each detector's verdict on one face."""
    rows = []
    for judged, title in zip(row, names.values(), strict=True):
        verdict = judged.verdict
        if verdict is None:
            said, larger = (judged.reason or NO_VERDICT).rstrip("."), ""
        else:
            why = f". No answer: the face is {verdict.abstained}" if verdict.abstained else ""
            said, larger = f"{band_words(verdict)}{why}", OUTPUTS[verdict.label]
        rows.append({"detector": title, "says": said, "larger output": larger})
    return rows


def _rules(
    found: DetectorComparison, here: Sequence[JudgedFace], names: Mapping[str, str]
) -> dict[str, EnsembleVerdict]:
    """Show DD1, DD2 and DD3 with their verdicts and error rates; return the verdicts."""
    st.subheader("Joined into one answer", anchor=False, help=SOURCE)
    st.caption("The rules go by which output is the larger one, also where a detector by itself is inconclusive.")
    found_by = ensemble.combine_by_rules(found, here, sharpness=sharpness(here[0].face.crop))
    for column, rule in zip(st.columns(3), ensemble.RULES, strict=True):
        with column.container(border=True, height="stretch"):
            st.markdown(f"**{TITLES[rule]}**", help=SOURCE)
            st.caption(f"{ensemble.RULES[rule][:1].upper()}{ensemble.RULES[rule][1:]}.")
            if rule == "DD3" and found.stack is None:
                st.info(
                    plain(f"{_titled(found.no_stack or '', names)}. The tab Calibrate does it too."),
                    icon=":material/info:",
                )
                continue
            if rule not in found_by:
                st.info("Not every detector that it needs gave a verdict on this face.", icon=":material/info:")
                continue
            joined = found_by[rule]
            badge(f"Larger output: {OUTPUTS[joined.label]}", joined.label)
            st.markdown(plain(f"{_titled(joined.reason, names)}."))
            if found.stack:
                _errors(found.stack.measured, rule)
    return found_by


def _titled(text: str, names: Mapping[str, str]) -> str:
    """Replace detectors' names by their titles."""
    for name, title in names.items():
        text = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", lambda _, title=title: title, text)  # type: ignore[misc]
    return text[:1].upper() + text[1:]


def _errors(measured: StackMetrics, rule: str) -> None:
    errors = measured.rules[rule]
    st.caption(
        f"Real called manipulated: {share_words(errors.false_positive_rate, errors.false_positive_interval)}.  \n"
        f"Forged missed: {share_words(errors.miss_rate, errors.miss_interval)}.  \n"
        f"Balanced accuracy: {share_words(errors.balanced_accuracy)}."
        + ("" if errors.auc is None else f"  \nAUC: {number_words(errors.auc, errors.auc_interval)}."),
        help=f"On the {measured.n} faces that all were calibrated on; DD3 on held-out folds. 95% intervals.",
    )


def _over_time(session: Session, found: DetectorComparison, names: Mapping[str, str]) -> None:
    assert session.focused
    assert session.media
    track = session.focused.face.track
    rows = [row for row in found.rows if row[0].face.track == track]
    apart = [row[0].face.frame for row in rows if len({i.verdict.label for i in row if i.verdict}) > 1]
    st.subheader("Over time", anchor=False, help="A click on a mark puts its frame in focus.")
    drawn = [(row[0].face.frame, [_mark(judged) for judged in row]) for row in rows]
    place = f"{session.media.id[:8]}-{session.opened}"
    strip = screen.ScoreStrip(list(names.values()), drawn, session.media.fps, apart, session.focused.face.frame)
    show_strip(
        strip,
        "Each detector's score at each judged frame; frames where they disagree have a grey bar",
        lambda: _to_frame(session, track, widget_value(f"strip-{place}").picked),
        key=f"strip-{place}",
    )
    st.caption(
        f"Face {track + 1}. Squares: “manipulated” is the larger output; circles: “not manipulated”. Colour is the "
        "score of “manipulated”. Grey bars: the detectors disagree. The orange line: the frame in focus."
    )
    if not apart:
        one = "The only frame of this face has" if len(rows) == 1 else f"All {len(rows)} frames of this face have"
        st.markdown(f"{one} one label from all detectors.")
        return
    set_widget(f"apart-{place}", here if (here := session.focused.face.frame) in apart else None)
    st.pills(
        f"Frames where they disagree ({len(apart)} of {len(rows)})",
        apart,
        format_func=lambda frame: f"{frame}",
        key=f"apart-{place}",
        on_change=lambda: _to_frame(session, track, widget_value(f"apart-{place}")),
    )


def _mark(judged: JudgedFace) -> tuple[float, str, str] | None:
    verdict = judged.verdict
    return (verdict.p_fake, verdict.label, band_words(verdict)) if verdict else None


def _to_frame(session: Session, track: int, frame: int | None) -> None:
    """Put the face of a track's frame in focus, before the page is drawn."""
    for index, judged in enumerate(session.faces):
        if (judged.face.track, judged.face.frame) == (track, frame):
            session.put_in_focus(index)


def _pairs(found: DetectorComparison, names: Mapping[str, str]) -> list[PairAgreement]:
    """Agreement of each pair over all faces that all detectors judged."""
    pairs = ensemble.agreement_of_pairs(found)
    if not pairs:
        return []
    st.subheader("Pair by pair", anchor=False, help=KAPPA)
    show_table(
        [
            {
                "detectors": f"{names[pair.first]} and {names[pair.second]}",
                "same label": share_words(pair.same, pair.same_interval),
                "Cohen's kappa": "not defined" if pair.kappa is None else f"{pair.kappa:.2f}",
                "faces": str(pair.n),
            }
            for pair in pairs
        ]
    )
    if len({row[0].face.frame for row in found.rows}) > 1:
        st.caption("Neighbouring frames are alike, so the intervals are narrower than they should be.")
    return pairs
