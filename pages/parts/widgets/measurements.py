"""Show a detector's measurements: by kind, corruption, group; and its maps'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.output import records, screen
from core.output.screen import Dot
from core.output.text import number_words, share_words
from core.reports.measured_tables import condition_rows, figure_rows, gap_rows, group_rows, kind_rows
from core.types.measurement import BENCH_KINDS, MAP_KINDS, Measurement
from pages.parts.widgets import map_measurements
from pages.parts.widgets.chart_widgets import show_chart
from pages.parts.widgets.tables import csv_button, flat, json_button, plain, show_facts, show_table

Found = Mapping[str, Any]


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
    lacking = [
        words
        for what, words in (
            ("auc", "by kind of forgery"),
            ("conditions", "under compression, small size and blur"),
            ("groups", "by age, gender and race"),
        )
        if not any(one.result.get(what) for one in measured)
    ]
    if lacking:
        st.caption(f":material/info: Not measured: {', '.join(lacking)}.")
    if measured:
        json_button(
            "All metrics as JSON", records.measured_record(measured), f"{key}-measured.json", key=f"measured-json-{key}"
        )


def _one(measured: Measurement, *, key: str) -> None:
    found = measured.result
    if measured.kind == "attack":
        st.markdown(f"{found['attacked']} faces were attacked; the detector then called {found['called_real']} real.")
        return
    if measured.kind == "attacked-file":
        real, fake = found["called_real_after"], found["called_fake_before"]
        st.markdown(f"{fake} faces were attacked; in the written file {real} were then called real.")
        return
    if measured.kind == "conditions":
        conditions(found, key=key)
        if found.get("groups"):
            groups(found, key=key)
        return
    if found.get("frame"):
        raw = [{"of": of, **flat(found[of])} for of in ("frame", "video") if found.get(of)]
        _table(figure_rows(found), raw, "figures", key=key)
    if found.get("called_fake"):
        _table(kind_rows(found), _raw_kinds(found), "kinds", key=key)
        if reasons := found.get("no_verdict_reasons"):
            st.caption(f"Without a verdict: {plain('; '.join(f'{n} x {why}' for why, n in reasons.items()))}")
    elif not found.get("frame"):
        show_facts({name: value for name, value in found.items() if not isinstance(value, (Mapping, list))})


def _table(rows: list[dict[str, str]], raw: Sequence[Found], name: str, *, key: str) -> None:
    """Show a table in words, with its unrounded numbers as CSV."""
    show_table(rows)
    flattened = [flat(row) for row in raw]
    columns = dict.fromkeys(column for row in flattened for column in row)
    whole = [{column: row.get(column) for column in columns} for row in flattened]
    csv_button(f"{name.capitalize()} as CSV", whole, f"{name}.csv", key=f"{name}-{key}")


def _raw_kinds(found: Found) -> list[dict[str, Any]]:
    each = ("auc", "called_fake", "mean_margin", "no_verdict")
    return [
        {
            "kind": kind,
            "n": n,
            **{name: found[name].get(kind) for name in each if isinstance(found.get(name), Mapping)},
            **(found.get("kinds") or {}).get(kind, {}),
        }
        for kind, n in found["n"].items()
    ]


def conditions(found: Found, *, key: str) -> None:
    """AUC under JPEG, H.264, size and blur: a plot with intervals, and the table."""
    by_kind: dict[str, list[Dot]] = {}
    for row in found["conditions"]:
        if row["auc"] is not None:
            words = f"{row['condition']}<br>AUC {number_words(row['auc'], row['auc_interval'])}"
            name = "as is" if row["value"] is None else f"{row['value']:g}"
            by_kind.setdefault(KINDS.get(row["kind"], row["kind"]), []).append(
                (name, row["auc"], row["auc_interval"], words)
            )
    figure = screen.across_conditions(by_kind, title="AUC")
    show_chart(figure, "AUC with its interval under each condition", key=f"plot-conditions-{key}")
    st.caption(
        "AUC with its 95% interval: 0.5, dotted, is chance. JPEG by quality, H.264 by CRF (higher is coarser), width "
        "of the face in pixels, blur by sigma for a face 200 pixels wide."
    )
    with st.expander("The same as a table, with error rates"):
        _table(condition_rows(found), found["conditions"], "conditions", key=key)


KINDS = {"as is": " ", "JPEG": "JPEG quality", "H.264": "H.264 CRF", "size": "face width", "blur": "blur"}


def groups(found: Found, *, key: str) -> None:
    """Error rates by age, gender and race, and the largest gap of each."""
    st.markdown("**By groups of people**")
    real: list[Dot] = []
    forged: list[Dot] = []
    for row in found["groups"]:
        name = f"{row['attribute']}: {row['group']}"
        for dots, what, n, kind in (
            (real, "false_positive", row["n_real"], "real called fake"),
            (forged, "miss", row["n_forged"], "forged missed"),
        ):
            value, interval = row[f"{what}_rate"], row[f"{what}_interval"]
            if value is not None:
                dots.append((name, value, interval, f"{name}<br>{kind} {share_words(value, interval)}<br>of {n}"))
    series = {"real faces called fake": ("real", real), "forged faces missed": ("fake", forged)}
    figure = screen.dots(series, title="error rate with its 95% interval; lower is better")
    show_chart(figure, "Error rates by group with their intervals", key=f"plot-groups-{key}")
    st.caption(f"{plain(found.get('annotation', ''))} Intervals are wide where a group is small.")
    _table(group_rows(found), found["groups"], "groups", key=key)
    _gaps(found, key=key)


def _gaps(found: Found, *, key: str) -> None:
    if not found.get("gaps"):
        st.caption("No gap between groups was measured: fewer than two groups of an attribute are large enough.")
        return
    st.markdown("**The largest gaps**", help="95% intervals for all pairs together: the extremes were picked.")
    certain = [gap["sentence"] for gap in found["gaps"] if gap["excludes_zero"]]
    for sentence in certain:
        st.markdown(f":material/priority_high: {plain(sentence)}")
    if not certain:
        st.markdown("No gap between groups is larger than chance explains.")
    _table(gap_rows(found), found["gaps"], "gaps", key=key)
