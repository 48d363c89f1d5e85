"""Turn calibrations into JSON's values and back."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

from ..types.calibration import (
    BandContents,
    Bands,
    BlurLevel,
    Calibration,
    CalibrationFaces,
    OodModel,
    ProbabilityMap,
    RejectionLimits,
    ReliabilityBin,
)

T = TypeVar("T")
KEYS = {"ood": "familiarity"}  # the key of a field in the files, where it is another one
UNSET = (None, "", math.inf)  # defaults that are left out


def calibration_values(value: Any) -> Any:
    """Turn a calibration, or a part of one, into JSON's values."""
    if is_dataclass(value):
        said = ((one, getattr(value, one.name)) for one in fields(value))
        return {
            KEYS.get(one.name, one.name): calibration_values(item)
            for one, item in said
            if not (item in UNSET and item == one.default)
        }
    return [*map(calibration_values, value)] if isinstance(value, tuple) else value


def calibration_text(calibration: Calibration) -> str:
    """Give a calibration as the text of its file."""
    return (
        json.dumps(calibration_values(calibration), ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"
    )


def calibration_from(values: Mapping[str, Any]) -> Calibration:
    """Make a calibration of JSON's values; raise where they do not fit."""
    given = {key: value for key, value in values.items() if key not in PARTS}
    given |= {KEYS_BACK.get(key, key): make(values[key]) for key, make in PARTS.items() if values.get(key) is not None}
    return _made(Calibration, given)


def _made(kind: type[T], values: Mapping[str, Any]) -> T:
    """Make a flat dataclass of JSON's values; leave unknown keys out."""
    known = {one.name for one in fields(kind)}  # type: ignore[arg-type]
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items() if k in known})


def _bands(values: Mapping[str, Any]) -> Bands:
    return _made(Bands, {**values, "measured": [_made(BandContents, row) for row in values.get("measured", ())]})


KEYS_BACK = {key: name for name, key in KEYS.items()}
PARTS: dict[str, Callable[[Any], Any]] = {
    "map": lambda values: _made(ProbabilityMap, values),
    "reliability": lambda rows: tuple(_made(ReliabilityBin, row) for row in rows),
    "bands": _bands,
    "by_risk": lambda rows: tuple(map(_bands, rows)),
    "familiarity": lambda values: _made(OodModel, values),
    "limits": lambda values: _made(RejectionLimits, values),
    "blur": lambda rows: tuple(_made(BlurLevel, row) for row in rows),
    "rows": lambda values: _made(CalibrationFaces, values),
}
