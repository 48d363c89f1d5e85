"""Hold measurements of a model: on what, and by which command."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .answer_scope import AnswerEvaluation
from .arrays import check
from .errors import InputError
from .measured_results import (
    MeasuredAttack,
    MeasuredAttackDetector,
    MeasuredBench,
    MeasuredConservation,
    MeasuredCorruptions,
    MeasuredCritical,
    MeasuredDetector,
    MeasuredFacts,
    MeasuredFileAttack,
    MeasuredMaps,
    MeasuredPipeline,
    MeasuredResult,
    MeasuredSignatures,
    MeasuredSweep,
)
from .read_values import read_value
from .shortcut_metrics import ShortcutEvaluation
from .synthetic_metrics import SyntheticEvaluation

MAP_KINDS = ("conservation", "worth", "critical")
BENCH_KINDS = ("bench-attacks", "bench-maps", "bench-detectors", "bench-pipeline")
KINDS = (
    "detector",
    "conditions",
    "shortcuts",
    "attack",
    "attacked-file",
    "attack-detector",
    "attack-answer",
    "synthetic-faces",
    "signatures",
    "sweep",
    "gradient",
    *MAP_KINDS,
    *BENCH_KINDS,
    "other",
)


RESULTS: dict[str, Any] = {  # by kind; of the others only facts are known
    "detector": MeasuredDetector,
    "conditions": MeasuredCorruptions,
    "shortcuts": ShortcutEvaluation,
    "attack": MeasuredAttack,
    "attacked-file": MeasuredFileAttack,
    "attack-detector": MeasuredAttackDetector,
    "attack-answer": AnswerEvaluation,
    "synthetic-faces": SyntheticEvaluation,
    "signatures": MeasuredSignatures,
    "sweep": MeasuredSweep,
    "conservation": MeasuredConservation,
    "worth": MeasuredMaps,
    "critical": MeasuredCritical,
    "bench-attacks": MeasuredBench,
    "bench-maps": MeasuredBench,
    "bench-pipeline": MeasuredPipeline,
    "bench-detectors": MeasuredBench,
}


@dataclass(frozen=True, slots=True)
class Measurement:
    """Hold one measurement; a model has one per kind and label.

    kind: what was measured, one of `KINDS`: mostly the command of `evaluate`, or a part of `evaluate maps`.
    label: what people call it.
    record: the numbers, as the command printed them.
    data: the folder's name, without its path; None where it is not known.
    command: the command that measures it again; None where it is not known.
    date: the day it was recorded, as YYYY-MM-DD; None where it is not known.
    weights: the SHA-256 of the weights, or "random, seed N"; None where it is not known.
    result: what `record` says, by its kind.
    """

    kind: str
    label: str
    record: Mapping[str, Any]
    data: str | None = None
    command: str | None = None
    date: str | None = None
    weights: str | None = None
    result: MeasuredResult = field(init=False)

    def __post_init__(self) -> None:
        check(self.kind in KINDS, f"a measurement's kind is one of {', '.join(KINDS)}", repr(self.kind))
        check(isinstance(self.label, str) and bool(self.label.strip()), "a measurement has a label", f"{self.label!r}")
        for name in ("data", "command", "date", "weights"):
            value = getattr(self, name)
            check(value is None or isinstance(value, str), f"a measurement's {name} is text or none", f"{value!r}")
        check(self.data is None or "/" not in self.data, "a measurement's data is the name of a folder", self.data)
        check(_is_day(self.date), "a measurement's date is written YYYY-MM-DD", repr(self.date))
        check(isinstance(self.record, Mapping), "a measurement's result is a JSON object", type(self.record).__name__)
        check(_is_json(self.record), "a measurement's result is what JSON can hold", "something else in it")
        object.__setattr__(self, "result", self._read())

    def _read(self) -> MeasuredResult:
        """Read the record; what is missing or wrong is named with the measurement."""
        kind = RESULTS.get(self.kind)
        if kind is None:
            return MeasuredFacts(self.record)
        try:
            found: MeasuredResult = read_value(kind, self.record)
        except InputError as error:
            raise InputError(f"in {self.label!r}, of the kind {self.kind}, {error}") from None
        return found

    @property
    def facts(self) -> dict[str, object]:
        """Return the numbers and words on top of the record."""
        return {name: value for name, value in self.record.items() if not isinstance(value, (Mapping, list))}


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
