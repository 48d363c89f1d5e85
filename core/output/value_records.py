"""Turn measured values into records by their fields' names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from .records import Record


def value_record(value: object) -> Record:
    """Record a value: its fields by name and in order, values in it likewise.

    None stays null, but for fields that are `LEFT_OUT`; those of an `INLINE` field stand among the holder's, those
    of an `UNRECORDED` one nowhere.
    """
    found: Record = plain(value)
    return found


def plain(value: object) -> Any:
    """Turn values, mappings and tuples into objects and lists; leave the rest."""
    if is_dataclass(value) and not isinstance(value, type):
        return _by_field(value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _by_field(value: Any) -> Record:
    out: Record = {}
    for one in fields(value):
        if "unrecorded" in one.metadata:
            continue
        item = getattr(value, one.name)
        if "inline" in one.metadata:
            out |= {} if item is None else plain(item)
        elif item is not None or "left_out" not in one.metadata:
            out[one.name] = plain(item)
    return out
