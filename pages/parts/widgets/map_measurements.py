"""Show measurements of maps on a detector: conservation, quality, critical pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from core.output.csv_text import flat_row
from core.output.measured_rows import recorded_conservation, recorded_quality, recorded_rows
from core.output.text import number_words
from core.reports.measured_tables import (
    AGAINST_CHANCE,
    COMPOSITES,
    conservation_rows,
    critical_table,
    map_title,
    quality_table,
    than_chance,
)
from core.types.measured_results import MeasuredConservation, MeasuredCritical, MeasuredMaps
from core.types.measurement import Measurement
from pages.parts.widgets.tables import csv_button, plain, show_table


def draw(measured: Mapping[str, Measurement], *, key: str) -> None:
    """Draw every measured part as a table, with all metrics as CSV."""
    for one in measured.values():
        if isinstance(one.result, MeasuredConservation):
            _conservation(one, one.result, key)
    for one in measured.values():
        if isinstance(one.result, MeasuredMaps):
            _quality(one, one.result, key)
    for one in measured.values():
        if isinstance(one.result, MeasuredCritical):
            _critical(one, one.result, key)


def _conservation(one: Measurement, found: MeasuredConservation, key: str) -> None:
    if not found.rules:
        return
    st.markdown("**LRP: relevance conserved, as a share of the output**")
    show_table(conservation_rows(found))
    n = next(iter(found.rules.values())).n
    st.caption(
        f"Median, least and most over {n} faces of {plain(one.data)}, {_weights(one.weights)}. 1 when no "
        "relevance was lost or made on the way. EpsilonAlpha2Beta1Flat promises it only where each sum has parts "
        "of both signs."
    )
    raw = [flat_row(row) for row in recorded_conservation(one)]
    csv_button("Conservation as CSV", raw, "conservation.csv", key=f"conservation-{key}")


def _quality(one: Measurement, found: MeasuredMaps, key: str) -> None:
    st.markdown("**Quality of each map, beside a random map**")
    show_table(quality_table(found))
    st.caption(
        f"Medians over {found.faces} forged faces of {plain(one.data)} with the larger output “manipulated”, maps at "
        "their defaults. Better or worse than the random map: the 95% interval of the mean difference on the same "
        "faces excludes 0; each interval by itself."
    )
    raw = [flat_row(row) for row in recorded_quality(one)]
    csv_button("Quality of maps as CSV", raw, "map-quality.csv", key=f"worth-{key}")


def _critical(one: Measurement, found: MeasuredCritical, key: str) -> None:
    st.markdown("**Critical pixels: how far “manipulated” falls when the attack is kept in them alone**")
    show_table(critical_table(found))
    st.caption(
        f"{plain(found.attack.upper())} on {found.n} faces of {plain(one.data)}; the whole attack takes "
        f"{number_words(found.whole_attack.fall.mean)}. Means with 95% intervals. Moved elsewhere: as many pixels, as "
        "near to one another."
    )
    raw = [flat_row(row) for row in recorded_rows(one, "rows")]
    csv_button("Critical pixels as CSV", raw, "critical.csv", key=f"critical-{key}")


def conserved(measured: Sequence[Measurement], sha256: str | None, rule: str) -> str | None:
    """Say what LRP by a composite conserves here; None where not measured."""
    found = next((one for one in measured if isinstance(one.result, MeasuredConservation)), None)
    rules = found.result.rules if found and isinstance(found.result, MeasuredConservation) else {}
    if not found or rule not in rules:
        return None
    one = rules[rule]
    low, high = (f"{end:.3f}" for end in (one.with_biases.min, one.with_biases.max))
    between = low if low == high else f"{low} to {high}"
    weights = "" if found.weights == sha256 else f", {_weights(found.weights)}"
    return (
        f"LRP by {COMPOSITES.get(rule, rule)}: {between} of the output conserved, biases counted, on {one.n} faces "
        f"of {found.data}{weights}."
    )


def against_chance(measured: Sequence[Measurement], sha256: str | None, names: list[str]) -> str | None:
    """Say which maps beat a random one here; None where not measured."""
    found = next((one for one in measured if isinstance(one.result, MeasuredMaps)), None)
    if not found or found.weights != sha256 or not isinstance(part := found.result, MeasuredMaps):
        return None
    known = [name for name in names if name in part.maps]
    better = [name for name in known if all(than_chance(part.maps[name][one]) == "better" for one in AGAINST_CHANCE)]
    others = [name for name in known if name not in better]
    said = [
        f"{words}: {', '.join(map(map_title, ones))}"
        for words, ones in (
            ("better than a random map, by deletion and by insertion", better),
            ("not shown to be", others),
        )
        if ones
    ]
    return f"On {part.faces} other faces with output “manipulated”, {'; '.join(said)}." if said else None


def _weights(weights: str | None) -> str:
    if weights is None:
        return "with weights that are not known"
    random = weights.startswith("random")
    return (
        f"with {weights.replace('random', 'random weights of its layout')}"
        if random
        else (f"with the weights of SHA-256 {weights[:12]}…")
    )
