"""Compare groups of people: how often they are impersonated, and how well recognised."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..types import InputError
from ..types.impersonation_result import GroupRates, ImpersonationRow, RealPhoto
from .impersonation_metrics import impersonation_metrics, rate_by_person


def group_rates(
    rows: Sequence[ImpersonationRow], real: Sequence[RealPhoto], groups: Mapping[str, str]
) -> dict[str, GroupRates]:
    """Compute the metrics by group of the target.

    People without a group are in none.

    Source: Tariq et al. 2022, section 7 and appendix H.
    """
    found = {}
    for group in sorted(set(groups.values())):
        own = [row for row in rows if groups.get(row.person) == group]
        photos = [one for one in real if groups.get(one.person) == group]
        hits: dict[str, list[bool]] = {}
        wrong: dict[str, list[bool]] = {}
        for one in photos:
            hits.setdefault(one.person, []).append(one.predicted == one.person)
            wrong.setdefault(one.person, []).append(one.predicted not in (None, one.person))
        people = {row.person for row in own} | set(hits)
        rates = {"recognised": rate_by_person(hits), "misnamed": rate_by_person(wrong)}
        found[group] = GroupRates(len(people), {**impersonation_metrics(own), **rates})
    return found


def read_groups(table: Path, people: Sequence[str]) -> dict[str, str]:
    """Read a table (CSV, UTF-8) with the columns person and group."""
    try:
        rows = list(csv.DictReader(table.read_text("utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{table.name} cannot be read as a table (CSV, UTF-8)") from error
    if not rows or not {"person", "group"} <= set(rows[0]):
        raise InputError(f"{table.name} needs the columns person and group")
    found = {row["person"]: row["group"] for row in rows if row["person"] and row["group"]}
    if not set(found) & set(people):
        raise InputError(f"{table.name} names nobody of the gallery")
    return {person: group for person, group in found.items() if person in people}
