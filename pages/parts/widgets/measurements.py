"""Show a detector's measurements: by kind, corruption, group; and its maps'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.evaluation.maps.map_evaluation import LABEL
from core.output import screen
from core.output.screen import Dot
from core.storage.cards import Card
from pages.parts.widgets import map_measurements
from pages.parts.widgets.chart_widgets import show_chart
from pages.parts.widgets.tables import (
    NOT_MEASURED,
    csv_button,
    flat,
    json_button,
    number,
    plain,
    share,
    show_facts,
    show_table,
)

Found = Mapping[str, Any]
FEW = 20  # media of a kind: below that an AUC says nothing
FIGURES = {
    "auc": ("AUC", "a forged one scores higher than a real one; 0.5 is chance; higher is better"),
    "eer": ("equal error rate", "both kinds of error where they are equally frequent; lower is better"),
    "ap": ("average precision", "over all thresholds; depends on how many are forged; higher is better"),
    "accuracy": ("accuracy", "the share of right labels; higher is better"),
    "precision": ("precision", "of those called fake, how many are; higher is better"),
    "ece": ("calibration error", "how far the probability lies from the truth; lower is better"),
}
GAPS = {"false_positive_rate": "real called fake", "miss_rate": "forged missed", "auc": "AUC"}


def draw(card: Card, *, key: str) -> None:
    """Every measurement of a card, and what was not measured."""
    measured: Mapping[str, Found] = card.get("measured") or {}
    for number_, (label, found) in enumerate(measured.items()):
        with st.container(border=True):
            if label == LABEL:
                map_measurements.draw(found, key=key)
                continue
            st.markdown(f"**{plain(label)}**")
            _one(found, key=f"{key}-{number_}")
    lacking = [
        words
        for what, words in (
            ("auc", "by kind of forgery"),
            ("conditions", "under compression, small size and blur"),
            ("groups", "by age, gender and race"),
        )
        if not any(found.get(what) for found in measured.values())
    ]
    if lacking:
        st.caption(f":material/info: Not measured: {', '.join(lacking)}.")
    if measured:
        json_button("All figures as JSON", measured, f"{key}-measured.json", key=f"measured-json-{key}")


def _one(found: Found, *, key: str) -> None:
    if "attacked" in found:
        st.markdown(f"{found['attacked']} faces were attacked; the detector then called {found['called_real']} real.")
        return
    if found.get("conditions"):
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


def figure_rows(found: Found) -> list[dict[str, str]]:
    """Figures frame by frame and by medium, with 95% intervals."""
    rows = []
    for name, (title, meaning) in FIGURES.items():
        row = {"figure": title}
        for where, words in (("frame", "frame by frame"), ("video", "by medium")):
            part = found.get(where) or {}
            show = number if name in ("auc", "ece") else share
            known = name in part
            row[words] = show(part.get(name), (part.get("intervals") or {}).get(name)) if known else ""
        rows.append({**row, "what it is": meaning})
    return rows


def kind_rows(found: Found) -> list[dict[str, str]]:
    """Make one row per kind: media, AUC against real, right labels."""
    rows = []
    for kind, n in found["n"].items():
        more: Found = (found.get("kinds") or {}).get(kind) or {}
        value = (found.get("auc") or {}).get(kind)
        auc = "" if kind == "real" else "too few media" if n < FEW else number(value, more.get("auc_interval"))
        called = share(found["called_fake"].get(kind))
        row = {"kind": kind, "media": str(n), "AUC against real": auc, "called fake": called}
        if more:
            row["right by majority"] = share(more.get("Vid"), more.get("Vid_interval"))
            row["right frame by frame"] = share(more.get("F2F"), more.get("F2F_interval"))
        missing = found.get("no_verdict")
        rows.append({**row, "no verdict": str(missing.get(kind, 0)) if isinstance(missing, Mapping) else ""})
    return rows


def conditions(found: Found, *, key: str) -> None:
    """AUC under JPEG, H.264, size and blur: a plot with intervals, and the table."""
    by_kind: dict[str, list[Dot]] = {}
    for row in found["conditions"]:
        if row["auc"] is not None:
            words = f"{row['condition']}<br>AUC {number(row['auc'], row['auc_interval'])}"
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


def condition_rows(found: Found) -> list[dict[str, str]]:
    """Make one row per corruption."""
    return [
        {
            "condition": row["condition"],
            "AUC": number(row["auc"], row["auc_interval"]),
            "real called fake": share(row["called_fake_real"], row["called_fake_real_interval"]),
            "forged called fake": share(row["called_fake_forged"], row["called_fake_forged_interval"]),
            "judged": f"{row['n_real']} real, {row['n_forged']} forged",
            "no verdict": str(row["no_verdict"]),
        }
        for row in found["conditions"]
    ]


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
                dots.append((name, value, interval, f"{name}<br>{kind} {share(value, interval)}<br>of {n}"))
    series = {"real faces called fake": ("real", real), "forged faces missed": ("fake", forged)}
    figure = screen.dots(series, title="error rate with its 95% interval; lower is better")
    show_chart(figure, "Error rates by group with their intervals", key=f"plot-groups-{key}")
    st.caption(f"{plain(found.get('annotation', ''))} Intervals are wide where a group is small.")
    _table(group_rows(found), found["groups"], "groups", key=key)
    _gaps(found, key=key)


def group_rows(found: Found) -> list[dict[str, str]]:
    """Make one row per group."""
    return [
        {
            "by": row["attribute"],
            "group": row["group"],
            "faces": f"{row['n_real']} real, {row['n_forged']} forged",
            "real called fake": share(row["false_positive_rate"], row["false_positive_interval"]),
            "forged missed": share(row["miss_rate"], row["miss_interval"]),
            "AUC": number(row["auc"], row["auc_interval"]),
        }
        for row in found["groups"]
    ]


def gap_rows(found: Found) -> list[dict[str, str]]:
    """Make one row per disparity, and whether it is more than chance."""
    rows = []
    for gap in found.get("gaps", ()):
        show = number if gap["measure"] == "auc" else share
        more = "yes: the interval excludes 0" if gap["excludes_zero"] else "not shown: the interval reaches 0"
        rows.append(
            {
                "by": gap["attribute"],
                "measure": GAPS.get(gap["measure"], gap["measure"]),
                "highest": gap["highest"],
                "lowest": gap["lowest"],
                "gap": show(gap["gap"], gap["interval"]),
                "more than chance": more if gap["interval"] else NOT_MEASURED,
            }
        )
    return rows


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
