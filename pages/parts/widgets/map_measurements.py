"""Show measurements of maps on a detector: conservation, quality, critical pixels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import streamlit as st

from core.explain import EXPLAINERS
from core.storage.cards import Card
from pages.parts.widgets.tables import csv_button, flat, number, plain, show_table

Found = Mapping[str, Any]
RULES = {
    "epsilon-plus-flat": "EpsilonPlusFlat (present A flat)",
    "epsilon-alpha2-beta1-flat": "EpsilonAlpha2Beta1Flat (B flat)",
    "epsilon-gamma-box": "EpsilonGammaBox",
}
FIGURES = {
    "deletion AUC": "lower is better",
    "insertion AUC": "higher is better",
    "adversarial top-3 drop": "higher is better",
    "sanity check": "near 0 is better",
    "max-sensitivity": "lower is better",
}
AGAINST_CHANCE = ("deletion AUC", "insertion AUC")
PLACES = {"critical": "critical pixels", "moved": "moved elsewhere", "random": "random pixels"}


def draw(found: Found, *, key: str) -> None:
    """Every part that was measured, each as a table, with all figures as CSV."""
    if part := found.get("conservation"):
        st.markdown("**LRP: relevance conserved, as a share of the output**")
        show_table(conservation_rows(part))
        n = next(iter(part["rules"].values()))["n"]
        st.caption(
            f"Median, least and most over {n} faces of {plain(part['data'])}, {_weights(part['weights'])}. 1 when no "
            "relevance was lost or made on the way. EpsilonAlpha2Beta1Flat promises it only where each sum has parts "
            "of both signs."
        )
        raw = [{"rule": rule, **flat(one)} for rule, one in part["rules"].items()]
        csv_button("Conservation as CSV", raw, "conservation.csv", key=f"conservation-{key}")
    if part := found.get("worth"):
        st.markdown("**What each map is worth, beside a random map**")
        show_table(worth_rows(part))
        st.caption(
            f"Medians over {part['faces']} forged faces of {plain(part['data'])} that are called fake, maps at their "
            "defaults. Better or worse than the random map: the 95% interval of the mean difference on the same faces "
            "excludes 0; each interval by itself."
        )
        csv_button("Worth of maps as CSV", list(_raw_worth(part)), "worth.csv", key=f"worth-{key}")
    if part := found.get("critical"):
        st.markdown("**Critical pixels: how far “fake” falls when the attack is kept in them alone**")
        show_table(critical_rows(part))
        fall = part["whole_attack"]["fall"]["mean"]
        st.caption(
            f"{plain(part['attack'].upper())} on {part['n']} faces of {plain(part['data'])}; the whole attack takes "
            f"{number(fall)}. Means with 95% intervals. Moved elsewhere: as many pixels, as near to one another."
        )
        raw = [flat(row) for row in part["rows"]]
        csv_button("Critical pixels as CSV", raw, "critical.csv", key=f"critical-{key}")


def conservation_rows(part: Found) -> list[dict[str, str]]:
    """Make one row per composite."""
    return [
        {
            "composite": RULES.get(rule, rule),
            "biases counted": _spread(one["with_biases"]),
            "without biases": _spread(one["without_biases"]),
            "within 5%": f"{round(one['near'] * one['n'])} of {one['n']} faces",
        }
        for rule, one in part["rules"].items()
    ]


def worth_rows(part: Found) -> list[dict[str, str]]:
    """Make one row per map, the random one last, with its gain over chance."""
    return [
        {"map": _title(name)} | {f"{figure} ({better})": _cell(row.get(figure)) for figure, better in FIGURES.items()}
        for name, row in part["maps"].items()
    ]


def critical_rows(part: Found) -> list[dict[str, str]]:
    """Make one row per purpose and share of pixels."""
    return [
        {"critical for": row["purpose"], "pixels": f"{row['share']:.0%}"}
        | {words: number(row[place]["fall"]["mean"], row[place]["fall"]["interval"]) for place, words in PLACES.items()}
        for row in part["rows"]
    ]


def conserved(card: Card, rule: str) -> str | None:
    """Say what LRP by a composite conserves here; None where not measured."""
    part = ((card.get("measured") or {}).get("maps") or {}).get("conservation")
    if not part or rule not in part["rules"]:
        return None
    one = part["rules"][rule]
    low, high = (f"{one['with_biases'][end]:.3f}" for end in ("min", "max"))
    between = low if low == high else f"{low} to {high}"
    weights = "" if part["weights"] == card.get("sha256") else f", {_weights(part['weights'])}"
    return (
        f"LRP by {RULES.get(rule, rule)}: {between} of the output conserved, biases counted, on {one['n']} faces of "
        f"{part['data']}{weights}."
    )


def against_chance(card: Card, names: list[str]) -> str | None:
    """Say which maps beat a random one here; None where not measured."""
    part = ((card.get("measured") or {}).get("maps") or {}).get("worth")
    if not part or part["weights"] != card.get("sha256"):
        return None
    known = [name for name in names if name in part["maps"]]
    better = [name for name in known if all(_than_chance(part["maps"][name][f]) == "better" for f in AGAINST_CHANCE)]
    others = [name for name in known if name not in better]
    said = [
        f"{words}: {', '.join(map(_title, ones))}"
        for words, ones in (
            ("better than a random map, by deletion and by insertion", better),
            ("not shown to be", others),
        )
        if ones
    ]
    return f"On {part['faces']} other faces called fake, {'; '.join(said)}." if said else None


def _title(name: str) -> str:
    return EXPLAINERS[name].title if name in EXPLAINERS else name


def _weights(weights: str) -> str:
    random = weights.startswith("random")
    return (
        f"with {weights.replace('random', 'random weights of its layout')}"
        if random
        else (f"with the weights of SHA-256 {weights[:12]}…")
    )


def _spread(one: Found) -> str:
    return f"{one['median']:.3f} ({one['min']:.3f} to {one['max']:.3f})"


def _than_chance(figure: Found) -> str | None:
    """better, worse or no better; None for a figure that chance does not have."""
    interval = (figure.get("than_chance") or {}).get("interval")
    if not interval:
        return None
    return "better" if interval[0] > 0 else "worse" if interval[1] < 0 else "no better"


def _cell(figure: Found | None) -> str:
    if not figure or figure["median"] is None:
        return "degenerate" if figure else ""
    word = _than_chance(figure)
    few = f", {figure['degenerate']} degenerate" if figure["degenerate"] else ""
    return f"{figure['median']:.3f}{f', {word}' if word else ''}{few}"


def _raw_worth(part: Found) -> Iterator[dict[str, Any]]:
    for name, figures in part["maps"].items():
        for figure, values in figures.items():
            yield {"map": name, "figure": figure, **flat(values)}
