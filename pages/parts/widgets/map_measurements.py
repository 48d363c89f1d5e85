"""Show measurements of maps on a detector: conservation, quality, critical pixels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import streamlit as st

from core.output.text import number_words
from core.reports.measured_tables import (
    AGAINST_CHANCE,
    COMPOSITES,
    conservation_rows,
    critical_rows,
    map_title,
    than_chance,
    worth_rows,
)
from core.types.measurement import Measurement
from pages.parts.widgets.tables import csv_button, flat, plain, show_table

Found = Mapping[str, Any]


def draw(measured: Mapping[str, Measurement], *, key: str) -> None:
    """Draw every measured part as a table, with all metrics as CSV."""
    if one := measured.get("conservation"):
        part = one.result
        st.markdown("**LRP: relevance conserved, as a share of the output**")
        show_table(conservation_rows(part))
        n = next(iter(part["rules"].values()))["n"]
        st.caption(
            f"Median, least and most over {n} faces of {plain(one.data)}, {_weights(one.weights)}. 1 when no "
            "relevance was lost or made on the way. EpsilonAlpha2Beta1Flat promises it only where each sum has parts "
            "of both signs."
        )
        raw = [{"rule": rule, **flat(row)} for rule, row in part["rules"].items()]
        csv_button("Conservation as CSV", raw, "conservation.csv", key=f"conservation-{key}")
    if one := measured.get("worth"):
        part = one.result
        st.markdown("**What each map is worth, beside a random map**")
        show_table(worth_rows(part))
        st.caption(
            f"Medians over {part['faces']} forged faces of {plain(one.data)} that are called fake, maps at their "
            "defaults. Better or worse than the random map: the 95% interval of the mean difference on the same faces "
            "excludes 0; each interval by itself."
        )
        csv_button("Worth of maps as CSV", list(_raw_worth(part)), "worth.csv", key=f"worth-{key}")
    if one := measured.get("critical"):
        part = one.result
        st.markdown("**Critical pixels: how far “fake” falls when the attack is kept in them alone**")
        show_table(critical_rows(part))
        fall = part["whole_attack"]["fall"]["mean"]
        st.caption(
            f"{plain(part['attack'].upper())} on {part['n']} faces of {plain(one.data)}; the whole attack takes "
            f"{number_words(fall)}. Means with 95% intervals. Moved elsewhere: as many pixels, as near to one another."
        )
        raw = [flat(row) for row in part["rows"]]
        csv_button("Critical pixels as CSV", raw, "critical.csv", key=f"critical-{key}")


def conserved(measured: Sequence[Measurement], sha256: str | None, rule: str) -> str | None:
    """Say what LRP by a composite conserves here; None where not measured."""
    found = next((one for one in measured if one.kind == "conservation"), None)
    if not found or rule not in found.result["rules"]:
        return None
    one = found.result["rules"][rule]
    low, high = (f"{one['with_biases'][end]:.3f}" for end in ("min", "max"))
    between = low if low == high else f"{low} to {high}"
    weights = "" if found.weights == sha256 else f", {_weights(found.weights)}"
    return (
        f"LRP by {COMPOSITES.get(rule, rule)}: {between} of the output conserved, biases counted, on {one['n']} faces "
        f"of {found.data}{weights}."
    )


def against_chance(measured: Sequence[Measurement], sha256: str | None, names: list[str]) -> str | None:
    """Say which maps beat a random one here; None where not measured."""
    found = next((one for one in measured if one.kind == "worth"), None)
    if not found or found.weights != sha256:
        return None
    part = found.result
    known = [name for name in names if name in part["maps"]]
    better = [name for name in known if all(than_chance(part["maps"][name][f]) == "better" for f in AGAINST_CHANCE)]
    others = [name for name in known if name not in better]
    said = [
        f"{words}: {', '.join(map(map_title, ones))}"
        for words, ones in (
            ("better than a random map, by deletion and by insertion", better),
            ("not shown to be", others),
        )
        if ones
    ]
    return f"On {part['faces']} other faces called fake, {'; '.join(said)}." if said else None


def _weights(weights: str | None) -> str:
    if weights is None:
        return "with weights that are not known"
    random = weights.startswith("random")
    return (
        f"with {weights.replace('random', 'random weights of its layout')}"
        if random
        else (f"with the weights of SHA-256 {weights[:12]}…")
    )


def _raw_worth(part: Found) -> Iterator[dict[str, Any]]:
    for name, figures in part["maps"].items():
        for figure, values in figures.items():
            yield {"map": name, "figure": figure, **flat(values)}
