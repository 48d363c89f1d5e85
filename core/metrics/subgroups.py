"""Compute error rates and AUC by groups of people, and subgroup disparities with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from operator import methodcaller

import numpy as np

from ..types import Array
from ..types.corruption_metrics import Disparity, GroupMetrics
from ..types.person_attributes import PersonAttributes
from .intervals import Interval, bootstrap, newcombe, wilson
from .roc import auc

Margins = Sequence[float | None]  # fake - real of each image; None where it got no verdict
Members = dict[tuple[str, str], Array]  # (attribute, group) -> the places of its people

AGES = ((18, 29), (30, 44), (45, 59))
GENDERS = {0: "male", 1: "female"}
RACES = {0: "White", 1: "Black", 2: "Asian", 3: "Indian", 4: "other"}
ANNOTATION = "Age, gender and race as annotated by UTKFace, not by the people themselves."
MIN_FACES = 20  # judged real and forged images of a group, below which it is not compared
MEASURES = {"false_positive_rate": "false-positive rate", "miss_rate": "miss rate", "auc": "AUC"}


def age_group(age: float) -> str:
    """Return 18-29, 30-44, 45-59 or 60+; "under 18" for a child."""
    if age < AGES[0][0]:
        return f"under {AGES[0][0]}"
    return next((f"{low}-{high}" for low, high in AGES if age < high + 1), f"{AGES[-1][1] + 1}+")


def group_members(people: Sequence[PersonAttributes | None]) -> Members:
    """Map (attribute, group) to the indices of its people.

    A person without attributes (None) is in no group; a missing attribute counts as "unknown".
    """
    found: dict[tuple[str, str], list[int]] = {}
    for index, person in enumerate(people):
        if person is None:
            continue
        groups = {
            "age": "unknown" if person.age is None else age_group(person.age),
            "gender": _word(person.gender, GENDERS),
            "race": _word(person.race, RACES),
        }
        for key in groups.items():
            found.setdefault(key, []).append(index)
    order = {name: n for n, name in enumerate((*GENDERS.values(), *RACES.values()))}
    keys = sorted(found, key=lambda key: (key[0], order.get(key[1], -1), key[1]))
    return {key: np.asarray(found[key]) for key in keys}


def _word(value: int | str | None, words: Mapping[int, str]) -> str:
    if value is None:
        return "unknown"
    return value if isinstance(value, str) else words.get(value, str(value))


def judged_margins(margins: Margins, indices: Array) -> Array:
    """Return the margins (N,) of a group's members that got a verdict."""
    return np.asarray([margins[i] for i in indices if margins[i] is not None], np.float64)


def group_metrics(attribute: str, group: str, real: Margins, forged: Margins, indices: Array) -> GroupMetrics:
    """Compute false-positive rate, miss rate (Wilson), AUC (bootstrap) and counts of one group.

    Args:
        attribute: "age", "gender" or "race".
        group: name of the group.
        real: margins of the real faces, None where there is no verdict.
        forged: margins of forgeries of the same faces, in the same order.
        indices: the group's members.
    """
    a, b = judged_margins(real, indices), judged_margins(forged, indices)
    alarms, misses = int((a > 0).sum()), int((b <= 0).sum())
    return GroupMetrics(
        attribute=attribute,
        group=group,
        n_real=len(a),
        n_forged=len(b),
        no_verdict=2 * len(indices) - len(a) - len(b),
        false_positive_rate=alarms / len(a) if len(a) else None,
        false_positive_interval=wilson(alarms, len(a)),
        miss_rate=misses / len(b) if len(b) else None,
        miss_interval=wilson(misses, len(b)),
        auc=auc(a, b),
        auc_interval=bootstrap(auc, a, b, share=True),
    )


def disparities(
    groups: Sequence[GroupMetrics], members: Members, real: Margins, forged: Margins
) -> tuple[Disparity, ...]:
    """Compare the highest and the lowest group for each attribute and measure.

    The extremes are selected after looking, so the interval holds at 95 % for all pairs together (Bonferroni). It comes
    from a bootstrap, or from Newcombe's method where a rate is 0 or 1. Groups below `MIN_FACES` are left out.

    Args:
        groups: rows of `group_metrics`.
        members: of `group_members`.
        real: margins of the real faces.
        forged: margins of the forgeries, in the same order.
    """
    found = []
    for attribute in dict.fromkeys(group.attribute for group in groups):
        these = [g for g in groups if g.attribute == attribute]
        large = [g for g in these if min(g.n_real, g.n_forged) >= MIN_FACES]
        left_out = tuple(g.group for g in these if g not in large)
        if len(large) < 2:
            continue
        pairs = len(list(combinations(large, 2)))
        for measure in MEASURES:
            ranked = sorted(large, key=methodcaller("measure", measure))
            high, low = ranked[-1], ranked[0]
            indices = [members[attribute, g.group] for g in (high, low)]
            values = [judged_margins(margins, p) for p in indices for margins in (real, forged)]
            interval, by = _interval(measure, values, level=1 - 0.05 / pairs)
            most, least = high.measure(measure), low.measure(measure)
            row = Disparity(
                attribute=attribute,
                measure=measure,
                highest=high.group,
                lowest=low.group,
                gap=most - least,
                interval=interval,
                by=by,
                pairs=pairs,
                excludes_zero=interval is not None and interval[0] > 0,
                left_out=left_out,
            )
            found.append(replace(row, sentence=_sentence(row, most, least)))
    return tuple(found)


def _interval(measure: str, values: list[Array], *, level: float) -> tuple[Interval | None, str]:
    """Compute the interval of the difference of two groups, and name its method.

    `values`: margins: real and forged of one group, real and forged of the other.
    """
    if measure == "auc":
        return bootstrap(_auc_difference, *values, n=2000, level=level), "bootstrap"
    wrong = [values[0] > 0, values[2] > 0] if measure == "false_positive_rate" else [values[1] <= 0, values[3] <= 0]
    if any(rate.mean() in (0, 1) for rate in wrong):
        (k_a, n_a), (k_b, n_b) = ((float(rate.sum()), float(len(rate))) for rate in wrong)
        return newcombe((k_a, k_b), (n_a, n_b), level), "Newcombe"
    return bootstrap(lambda a, b: float(a.mean() - b.mean()), *wrong, n=2000, level=level), "bootstrap"


def _auc_difference(real_a: Array, forged_a: Array, real_b: Array, forged_b: Array) -> float | None:
    a, b = auc(real_a, forged_a), auc(real_b, forged_b)
    return None if a is None or b is None else a - b


def _sentence(row: Disparity, high: float, low: float) -> str:
    def shown(value: float) -> str:
        return f"{value:.3f}" if row.measure == "auc" else f"{value:.1%}"

    sentence = (
        f"By {row.attribute}, the {MEASURES[row.measure]} is highest for {row.highest} ({shown(high)}) and "
        f"lowest for {row.lowest} ({shown(low)}): a gap of {shown(row.gap)}"
    )
    if row.interval is None:
        return f"{sentence}; no interval can be given."
    ends = " to ".join(map(shown, row.interval))
    chance = "does not reach 0: the gap is more than chance" if row.excludes_zero else "reaches 0: it may be chance"
    return f"{sentence}; its interval ({ends}; 95 % for all pairs of groups together) {chance}."
