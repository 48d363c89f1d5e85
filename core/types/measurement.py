"""Hold measurements of a model: on what, and by which command."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .arrays import check

MAP_KINDS = ("conservation", "worth", "critical")
BENCH_KINDS = ("bench-attacks", "bench-maps")
KINDS = (
    "detector",
    "conditions",
    "attack",
    "attacked-file",
    "attack-detector",
    "attack-answer",
    "synthetic-faces",
    "sweep",
    "gradient",
    *MAP_KINDS,
    *BENCH_KINDS,
    "other",
)


@dataclass(frozen=True, slots=True)
class Measurement:
    """Hold one measurement; a model has one per kind and label.

    kind: what was measured, one of `KINDS`: mostly the command of `evaluate`, or a part of `evaluate maps`.
    label: what people call it.
    result: the numbers, as the command printed them.
    data: the folder's name, without its path; None where it is not known.
    command: the command that measures it again; None where it is not known.
    date: the day it was recorded, as YYYY-MM-DD; None where it is not known.
    weights: the SHA-256 of the weights, or "random, seed N"; None where it is not known.
    """

    kind: str
    label: str
    result: Mapping[str, Any]
    data: str | None = None
    command: str | None = None
    date: str | None = None
    weights: str | None = None

    def __post_init__(self) -> None:
        check(self.kind in KINDS, f"a measurement's kind is one of {', '.join(KINDS)}", repr(self.kind))
        check(isinstance(self.label, str) and bool(self.label.strip()), "a measurement has a label", f"{self.label!r}")
        for name in ("data", "command", "date", "weights"):
            value = getattr(self, name)
            check(value is None or isinstance(value, str), f"a measurement's {name} is text or none", f"{value!r}")
        check(self.data is None or "/" not in self.data, "a measurement's data is the name of a folder", self.data)
        check(_is_day(self.date), "a measurement's date is written YYYY-MM-DD", repr(self.date))
        check(isinstance(self.result, Mapping), "a measurement's result is a JSON object", type(self.result).__name__)
        check(_is_json(self.result), "a measurement's result is what JSON can hold", "something else in it")


def _is_day(text: str | None) -> bool:
    try:
        return text is None or datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_json(value: object) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True
