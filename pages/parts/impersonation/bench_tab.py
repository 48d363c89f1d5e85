"""Run the bench of fakes, and of detectors in front."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from core import pipeline
from core.detectors.checkpoints import status
from core.engine.jobs import Job
from core.engine.model_weights import weights_of_models
from core.evaluation.impersonation_bench import evaluate_impersonation
from core.evaluation.impersonation_bias import read_groups
from core.evaluation.impersonation_fakes import make_fakes, read_fakes
from core.evaluation.impersonation_tables import write_tables
from core.output import screen
from core.output.impersonation_record import impersonation_record
from core.output.shown_record import ShownRecord
from core.output.text import NOT_MEASURED, counted, percent, share_words
from core.recognition.load_recogniser import load_recogniser
from core.storage.leftovers import temporary_folder
from core.types import InputError
from core.types.impersonation_result import ImpersonationResult, Rate
from core.types.recognition import Gallery
from pages.parts.impersonation.face_match import recogniser_of
from pages.parts.impersonation.impersonation_settings import BenchSettings
from pages.parts.session.page_state import store_settings
from pages.parts.session.session import Session
from pages.parts.session.shown_records import hand_in
from pages.parts.widgets.chart_widgets import show_chart, text_colour
from pages.parts.widgets.tables import json_button, plain, show_table

METRICS = {
    "TA": "taken for the target (TA)",
    "NA": "taken for anybody (NA)",
    "DHF": "more confident than the real photo (DHF)",
    "DHC": "confidence over 90% (DHC)",
    "DHS": "not taken, but over 80% alike (DHS)",
    "SIC": "people impersonated once or more (SIC)",
}
RULES = {"DD1": "one detector", "DD2": "one is enough", "DD3": "stacked"}
FOLDER_HELP = "A folder a target person, of the gallery's names; or a table (CSV) with the columns fake and target."
GROUPS_HELP = "A table with the columns person and group, on this machine. Without it, no groups are compared."
DETECTORS_HELP = "Those in front of the recogniser. The first alone is DD1, all together are DD2 and DD3."
SOURCE = "Tariq et al. 2022, equations 3 to 8, figures 4 and 5, table 2. Intervals: 95%, by person."
MAX_PRESELECTED = 3  # detectors that are preselected, as in the paper


def draw(session: Session, gallery: Gallery) -> None:
    """Draw the last result of this gallery, and the form that runs the bench."""
    settings = session.page_state(BenchSettings)
    kept = settings.kept
    if kept is None:
        st.markdown(
            "How often do deepfakes pass as the people of this gallery, and what does a detector in front save?"
        )
    else:
        _result(session, *kept)
        if kept[0].gallery.id != gallery.id or kept[0].gallery.fmr != gallery.fmr:
            st.warning("This result is of another gallery or threshold: run it again.", icon=":material/history:")
    _form(session, settings, gallery, again=kept is not None)


def _form(session: Session, settings: BenchSettings, gallery: Gallery, *, again: bool) -> None:
    titles = {state.name: state.title for state in status.states() if state.where != "missing"}
    chosen = [name for name in settings.detectors or (session.detector_name, *titles) if name in titles]
    with st.form("bench"):
        made = st.radio(
            "Deepfakes",
            [True, False],
            0 if settings.made else 1,
            format_func=lambda made: "Made from the gallery: swaps and blends" if made else "From a folder",
            horizontal=True,
        )
        left, right = st.columns([3, 1])
        folder = left.text_input("Folder of deepfakes, if not made", settings.folder, help=FOLDER_HELP)
        each = right.number_input("Made of each kind, a person", 1, 50, settings.each)
        names = st.multiselect(
            "Detectors in front",
            list(titles),
            list(dict.fromkeys(chosen))[:MAX_PRESELECTED],
            format_func=titles.__getitem__,
            help=DETECTORS_HELP,
        )
        groups = st.text_input("Groups of people, for the bias (CSV)", settings.groups, help=GROUPS_HELP)
        label = "Run again" if again else "Run the bench"
        run = st.form_submit_button(label, type="primary", icon=":material/speed:", disabled=session.busy)
    if run:
        if not made and not folder.strip():
            raise InputError("Give the folder of the deepfakes, or let them be made.")
        store_settings(settings, made=bool(made), folder=folder.strip(), each=int(each), detectors=tuple(names))
        store_settings(settings, groups=groups.strip())
        _start(session, settings, gallery)
        st.rerun()


def _start(session: Session, settings: BenchSettings, gallery: Gallery) -> None:
    made, folder, each, names = settings.made, settings.folder, settings.each, settings.detectors
    used, table = recogniser_of(session, gallery), settings.groups
    groups = read_groups(Path(table).expanduser(), gallery.people) if table else None

    def work(job: Job) -> None:
        recogniser = load_recogniser(used)
        detectors = [pipeline.load_detector(name) for name in names]
        if made:
            fakes = make_fakes(gallery, each=each, progress=job)
        else:
            fakes = read_fakes(Path(folder).expanduser(), gallery, progress=job)
        found = evaluate_impersonation(gallery, fakes, recogniser, detectors=detectors, groups=groups, progress=job)
        with temporary_folder() as place:
            tables = {path.name: path.read_text("utf-8") for path in write_tables(found, place)}
        settings.kept = (found, tables, weights_of_models(recogniser, *detectors))

    session.start("bench", "Preparing the bench", work)


def _result(
    session: Session, found: ImpersonationResult, tables: Mapping[str, str], weights: Mapping[str, str]
) -> None:
    """Say the conclusion, then plots, tables and files."""
    targeted = found.metrics["TA"]
    words = f"{_share(targeted)} of the deepfakes pass as the person they show"
    st.markdown(f"### {words}")
    st.markdown(_defended(found))
    if found.not_judged:
        with st.expander(f"Deepfakes that were not judged: {len(found.not_judged)}", icon=":material/rule:"):
            show_table([{"deepfake": name, "why": why} for name, why in found.not_judged.items()])
    _metrics_plot(found)
    _defences(found)
    _bias(found)
    record = impersonation_record(found)
    settings = {
        "gallery": found.gallery.id,
        "recogniser": found.gallery.recogniser,
        "false_match_rate": found.gallery.fmr,
    }
    files = {name: text.encode() for name, text in tables.items()}
    shown = ShownRecord("impersonation-bench", f"{words}.", settings, record, files, weights)
    hand_in(session, shown, of_file=False)
    with st.container(horizontal=True):
        for name, text in tables.items():
            st.download_button(
                f"{name.removesuffix('.csv')} as CSV",
                text,
                name,
                "text/csv",
                key=f"bench-{name}",
                icon=":material/download:",
                on_click="ignore",
            )
        json_button("Bench as JSON", record, "impersonation.json", key="bench-json")


def _words(rate: Rate) -> str:
    return share_words(rate.value, rate.interval)


def _share(rate: Rate) -> str:
    return NOT_MEASURED if rate.value is None else percent(rate.value)


def _defended(found: ImpersonationResult) -> str:
    """Say what the best defence saves, and what it costs."""
    real = f"Of {len(found.real)} real photos, {_share(found.recognised)} are recognised."
    measured = [one for one in found.defences if one.reason is None and one.after["TA"].value is not None]
    if not measured:
        return f"{real} No detector stood in front."
    best = min(measured, key=lambda one: (one.after["TA"].value or 0.0, one.real_refused.value or 0.0))
    return (
        f"{real} With {best.rule} in front, {_share(best.after['TA'])} of the deepfakes pass; "
        f"it refuses {_share(best.real_refused)} of the real photos."
    )


def _metrics_plot(found: ImpersonationResult) -> None:
    series: dict[str, list[screen.Dot]] = {}
    kinds = found.by_kind if len(found.by_kind) > 1 else {}
    for kind, rates in {"all deepfakes": found.metrics, **kinds}.items():
        series[kind] = [
            (METRICS[name], rate.value, rate.interval, f"{kind}, {name}: {share_words(rate.value, rate.interval)}")
            for name, rate in rates.items()
            if rate.value is not None
        ]
    show_chart(
        screen.impersonation_metrics(series), "Six shares of deepfakes with their intervals, by kind", key="bench-plot"
    )
    few = len({row.person for row in found.rows})
    st.caption(f"{counted(len(found.rows), 'deepfake')} of {counted(few, 'person', 'people')}. {SOURCE}")


def _bias(found: ImpersonationResult) -> None:
    """Show the rates of each group of people, where groups were given."""
    if not found.by_group:
        return
    st.subheader("By group of people", anchor=False)
    show_table(
        [
            {
                "group": group,
                "people": str(one.people),
                "taken for the target": _words(one.rates["TA"]),
                "taken for anybody": _words(one.rates["NA"]),
                "real recognised": _words(one.rates["recognised"]),
                "real misnamed": _words(one.rates["misnamed"]),
            }
            for group, one in found.by_group.items()
        ]
    )
    others = len(set(found.gallery.people) - set(found.groups))
    without = f" {others} {'person is' if others == 1 else 'people are'} in no group." if others else ""
    st.caption(f"Groups of few people say little: look at the intervals.{without} Tariq et al. 2022, appendix H.")


def _defences(found: ImpersonationResult) -> None:
    """Draw success before and after each defence; real photos refused stand beside it."""
    measured = [one for one in found.defences if one.reason is None]
    if measured:
        st.subheader("With detectors in front", anchor=False)
        rows, refused = [], []
        for one in measured:
            for name, words in (("TA", "targeted"), ("NA", "anybody")):
                before, after = one.before[name].value, one.after[name].value
                if before is not None and after is not None:
                    rows.append((f"{one.rule}, {words}", before, after))
            if one.real_refused.value is not None:
                said = f"{one.rule} refuses {_words(one.real_refused)} of real photos"
                refused.append((f"{one.rule}, real", one.real_refused.value, one.real_refused.interval, said))
        figure = screen.before_after(rows, refused, ink=text_colour())
        show_chart(figure, "Success before and after each defence, and real photos refused", key="defence-plot")
        show_table(
            [
                {
                    "defence": f"{one.rule}, {RULES.get(one.rule, '')}",
                    "targeted": f"{share_words(one.before['TA'].value)} → {_words(one.after['TA'])}",
                    "anybody": f"{share_words(one.before['NA'].value)} → {_words(one.after['NA'])}",
                    "real refused": _words(one.real_refused),
                    "accuracy": _words(one.accuracy),
                }
                for one in measured
            ]
        )
    for one in found.defences:
        if one.reason:
            st.caption(f"{one.rule} was not measured: {plain(one.reason)}.")
        if one.fitted_on:
            st.caption(f"{one.rule} was fitted on {plain(one.fitted_on)}.")
