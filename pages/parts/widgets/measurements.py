"""Show a detector's measurements: by kind, corruption, group; and its maps'."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.output import records, screen
from core.output.csv_text import flat_row
from core.output.measured_rows import recorded_kinds, recorded_rows, recorded_scores, recorded_signatures
from core.output.records import Record
from core.output.screen import Dot
from core.output.text import number_words, share_words
from core.reports.measured_tables import (
    corruption_rows,
    disparity_rows,
    group_rows,
    kind_rows,
    score_rows,
    shortcut_rows,
)
from core.reports.signature_tables import ABOUT, signature_conclusion, signature_facts, signature_rows
from core.types.measured_results import (
    MeasuredAttack,
    MeasuredCorruptions,
    MeasuredDetector,
    MeasuredFileAttack,
    MeasuredSignatures,
)
from core.types.measurement import BENCH_KINDS, MAP_KINDS, Measurement
from core.types.shortcut_metrics import ShortcutEvaluation
from pages.parts.widgets import map_measurements
from pages.parts.widgets.chart_widgets import show_chart
from pages.parts.widgets.tables import csv_button, json_button, plain, show_facts, show_table

KINDS = {"as is": " ", "JPEG": "JPEG quality", "H.264": "H.264 CRF", "size": "face width", "blur": "blur"}
PARTS = {
    "auc": "by kind of forgery",
    "conditions": "under compression, small size and blur",
    "groups": "by age, gender and race",
}


def draw(measured: Sequence[Measurement], *, key: str) -> None:
    """Every measurement of a model, and what was not measured."""
    maps = {one.kind: one for one in measured if one.kind in MAP_KINDS}
    for number_, one in enumerate(one for one in measured if one.kind not in (*MAP_KINDS, *BENCH_KINDS)):
        with st.container(border=True):
            st.markdown(f"**{plain(one.label)}**")
            _one(one, key=f"{key}-{number_}")
    if maps:
        with st.container(border=True):
            map_measurements.draw(maps, key=key)
    known = {what for one in measured for what in _parts(one)}
    lacking = [words for what, words in PARTS.items() if what not in known]
    if lacking:
        st.caption(f":material/info: Not measured: {', '.join(lacking)}.")
    if measured:
        json_button(
            "All metrics as JSON", records.measured_record(measured), f"{key}-measured.json", key=f"measured-json-{key}"
        )


def _parts(one: Measurement) -> list[str]:
    """Name which of `PARTS` a measurement has."""
    found = one.result
    if isinstance(found, MeasuredCorruptions):
        there = {"auc": found.auc, "conditions": found.conditions, "groups": found.groups}
        return [name for name, values in there.items() if values]
    return ["auc"] if isinstance(found, MeasuredDetector) and found.auc else []


def _one(measured: Measurement, *, key: str) -> None:
    found = measured.result
    if isinstance(found, MeasuredAttack):
        st.markdown(
            f"{found.attacked} faces were attacked; {found.called_real} then have the larger output “not manipulated”."
        )
    elif isinstance(found, MeasuredFileAttack):
        real, fake = found.called_real_after, found.called_fake_before
        st.markdown(f"{fake} faces were attacked; in the written file {real} have the larger output “not manipulated”.")
    elif isinstance(found, MeasuredCorruptions):
        _corruptions(measured, found, key=key)
        if found.groups:
            _groups(measured, found, key=key)
    elif isinstance(found, ShortcutEvaluation):
        show_table(shortcut_rows(found))
    elif isinstance(found, MeasuredSignatures):
        show_signatures(measured, found, key=key)
    elif isinstance(found, MeasuredDetector) and (found.frame or found.called_fake):
        _detector(measured, found, key=key)
    else:
        show_facts(measured.facts)


def show_signatures(measured: Measurement, found: MeasuredSignatures, *, key: str) -> None:
    """Show how well kinds of signatures separate faces, with what the numbers mean."""
    st.markdown(plain(signature_conclusion(found)))
    _table(signature_rows(found), recorded_signatures(measured), "signatures", key=key)
    st.caption(plain(f"{ABOUT} {signature_facts(found)}"))


def _detector(measured: Measurement, found: MeasuredDetector, *, key: str) -> None:
    if found.frame:
        _table(score_rows(found), recorded_scores(measured), "figures", key=key)
    if found.called_fake:
        _table(kind_rows(found), recorded_kinds(measured), "kinds", key=key)
        if reasons := found.no_verdict_reasons:
            st.caption(f"Without a verdict: {plain('; '.join(f'{n} x {why}' for why, n in reasons.items()))}")


def _table(rows: list[dict[str, str]], raw: Sequence[Record], name: str, *, key: str) -> None:
    """Show a table in words, with its unrounded numbers as CSV."""
    show_table(rows)
    flattened = [flat_row(row) for row in raw]
    columns = dict.fromkeys(column for row in flattened for column in row)
    whole = [{column: row.get(column) for column in columns} for row in flattened]
    csv_button(f"{name.capitalize()} as CSV", whole, f"{name}.csv", key=f"{name}-{key}")


def _corruptions(measured: Measurement, found: MeasuredCorruptions, *, key: str) -> None:
    """AUC under JPEG, H.264, size and blur: a plot with intervals, and the table."""
    by_kind: dict[str, list[Dot]] = {}
    for row in found.conditions:
        if row.auc is not None:
            words = f"{row.condition}<br>AUC {number_words(row.auc, row.auc_interval)}"
            name = "as is" if row.value is None else f"{row.value:g}"
            by_kind.setdefault(KINDS.get(row.kind, row.kind), []).append((name, row.auc, row.auc_interval, words))
    figure = screen.across_corruptions(by_kind, title="AUC")
    show_chart(figure, "AUC with its interval under each condition", key=f"plot-conditions-{key}")
    st.caption(
        "AUC with its 95% interval: 0.5, dotted, is chance. JPEG by quality, H.264 by CRF (higher is coarser), width "
        "of the face in pixels, blur by sigma for a face 200 pixels wide."
    )
    with st.expander("The same as a table, with error rates"):
        _table(corruption_rows(found), recorded_rows(measured, "conditions"), "conditions", key=key)


def _groups(measured: Measurement, found: MeasuredCorruptions, *, key: str) -> None:
    """Error rates by age, gender and race, and the largest gap of each."""
    st.markdown("**By groups of people**")
    real: list[Dot] = []
    forged: list[Dot] = []
    for row in found.groups:
        name = f"{row.attribute}: {row.group}"
        for dots, value, interval, n, kind in (
            (real, row.false_positive_rate, row.false_positive_interval, row.n_real, "real with output “manipulated”"),
            (forged, row.miss_rate, row.miss_interval, row.n_forged, "forged missed"),
        ):
            if value is not None:
                dots.append((name, value, interval, f"{name}<br>{kind} {share_words(value, interval)}<br>of {n}"))
    series = {"real with output “manipulated”": ("real", real), "forged missed": ("fake", forged)}
    figure = screen.dots(series, title="error rate with its 95% interval; lower is better")
    show_chart(figure, "Error rates by group with their intervals", key=f"plot-groups-{key}")
    st.caption(f"{plain(found.annotation)} Intervals are wide where a group is small.")
    _table(group_rows(found), recorded_rows(measured, "groups"), "groups", key=key)
    _disparities(measured, found, key=key)


def _disparities(measured: Measurement, found: MeasuredCorruptions, *, key: str) -> None:
    if not found.gaps:
        st.caption("No gap between groups was measured: fewer than two groups of an attribute are large enough.")
        return
    st.markdown("**The largest gaps**", help="95% intervals for all pairs together: the extremes were picked.")
    certain = [gap.sentence for gap in found.gaps if gap.excludes_zero]
    for sentence in certain:
        st.markdown(f":material/priority_high: {plain(sentence)}")
    if not certain:
        st.markdown("No gap between groups is larger than chance explains.")
    _table(disparity_rows(found), recorded_rows(measured, "gaps"), "gaps", key=key)
