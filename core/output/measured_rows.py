"""Give recorded measurements as rows for CSV."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..types.measurement import Measurement
from .records import Record


def recorded_rows(one: Measurement, key: str) -> list[Record]:
    """Return the list that a measurement's record holds under a key."""
    return [dict(row) for row in one.record[key]]


def recorded_scores(one: Measurement) -> list[Record]:
    """Make a row of the metrics by frame, and one of those by medium."""
    return [{"of": of, **one.record[of]} for of in ("frame", "video") if one.record.get(of)]


def recorded_kinds(one: Measurement) -> list[Record]:
    """Make a row of each kind of media."""
    found = one.record
    each = ("auc", "called_fake", "mean_margin", "no_verdict")
    return [
        {
            "kind": kind,
            "n": n,
            **{name: found[name].get(kind) for name in each if isinstance(found.get(name), Mapping)},
            **(found.get("kinds") or {}).get(kind, {}),
        }
        for kind, n in (found.get("n") or {}).items()
    ]


def recorded_conservation(one: Measurement) -> list[Record]:
    """Make a row of each composite of LRP."""
    return [{"rule": rule, **row} for rule, row in one.record["rules"].items()]


def recorded_quality(one: Measurement) -> list[Record]:
    """Make a row of each metric of each map."""
    maps: Mapping[str, Mapping[str, Any]] = one.record["maps"]
    return [{"map": name, "figure": metric, **row} for name, metrics in maps.items() for metric, row in metrics.items()]


def recorded_signatures(one: Measurement) -> list[Record]:
    """Make a row of each kind of signature."""
    return [{"signature": kind, **row} for kind, row in one.record.items()]
