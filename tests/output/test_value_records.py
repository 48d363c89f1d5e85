"""Measured values as records: by field, in order, null where None, and nothing where a field is left out."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from core.output.value_records import value_record
from core.types.recorded_fields import INLINE, LEFT_OUT


@dataclass(frozen=True, slots=True)
class Inside:
    b: float | None
    c: tuple[float, ...] = (0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Outside:
    a: int
    inline: Inside | None = field(metadata=INLINE)
    d: dict[str, Inside]
    e: int | None = field(default=None, metadata=LEFT_OUT)


def test_fields_are_recorded_by_name_and_in_order() -> None:
    found = value_record(Outside(1, Inside(None), {"x": Inside(2.0, ())}))
    assert json.dumps(found) == '{"a": 1, "b": null, "c": [0.5, 1.0], "d": {"x": {"b": 2.0, "c": []}}}'
    assert value_record(Outside(1, None, {}, 3)) == {"a": 1, "d": {}, "e": 3}
