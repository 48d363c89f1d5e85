"""Measurements on disk: `<name>.measured.json` beside a model's card."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..types import InputError
from ..types.foreign_json import parse_json
from ..types.measurement import MAP_KINDS, Measurement
from ..types.read_values import read_value
from . import paths
from .files import atomic_write, file_state

MAPS = "maps"  # the label of what was measured of maps
FIELDS = ("kind", "label", "data", "command", "date", "weights")


@dataclass(frozen=True, slots=True)
class _Row:
    """Hold one measurement as it is written."""

    kind: str
    label: str
    result: Mapping[str, Any]
    data: str | None = None
    command: str | None = None
    date: str | None = None
    weights: str | None = None


@dataclass(frozen=True, slots=True)
class _MeasuredFile:
    """Hold a file of measurements as it is written."""

    measurements: tuple[_Row, ...]


def measured_file(name: str, *, folder: Path | None = None) -> Path:
    """Give the path of a model's measurements, whether there are any or not."""
    return (folder or paths.MODELS) / f"{name}.measured.json"


def read_measurements(name: str, *, folder: Path | None = None) -> tuple[Measurement, ...]:
    """Read the measurements of a model in order of recording; may be empty.

    Cards of version 0.3 and before held their measurements themselves: these come first, but for those measured again.
    """
    card, path = (folder or paths.MODELS) / f"{name}.json", measured_file(name, folder=folder)
    return _read(name, card.absolute(), path.absolute(), file_state(card), file_state(path))


@functools.lru_cache(maxsize=64)
def _read(name: str, card: Path, path: Path, *states: tuple[int, ...]) -> tuple[Measurement, ...]:
    """Read both files; `states` differ once one of them has changed."""
    return tuple(_merged(_of_file(name, card, measured_in_card), _of_file(name, path, _measurements_of)))


def _of_file(
    name: str, path: Path, read: Callable[[Mapping[str, Any]], tuple[Measurement, ...]]
) -> tuple[Measurement, ...]:
    if not path.is_file():
        return ()
    try:
        return read(parse_json(path.read_text("utf-8")))
    except (ValueError, TypeError, AttributeError) as error:
        way = 'take its key "measured" out' if read is measured_in_card else "take the file away, or measure again"
        where = f"{path.parent.name}/{path.name}"
        raise InputError(f"the measurements of {name} in {where} are damaged ({error}); {way}") from None


def record_measurements(name: str, found: Iterable[Measurement], *, folder: Path | None = None) -> None:
    """Write measurements beside a model's card, replacing those of equal kind and label."""
    path = measured_file(name, folder=folder)
    kept = _measurements_of(parse_json(path.read_text("utf-8"))) if path.is_file() else ()
    atomic_write(path, measurements_text(name, _merged(kept, found)))


def measurements_text(name: str, found: Iterable[Measurement]) -> str:
    """Give measurements as the text of their file."""
    rows = [{**{field: getattr(one, field) for field in FIELDS}, "result": one.record} for one in found]
    whole = {"name": name, "measurements": rows}
    return json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def measured_in_card(card: Mapping[str, Any]) -> tuple[Measurement, ...]:
    """Read the measurements that a card of version 0.3 and before holds under "measured"."""
    found: list[Measurement] = []
    for label, result in (card.get("measured") or {}).items():
        parts = {kind: result[kind] for kind in MAP_KINDS if kind in result} if label == MAPS else {}
        found += [_of_maps(kind, part) for kind, part in parts.items()]
        if not parts and result:
            found.append(Measurement(_kind_of(result), label, result))
    return tuple(found)


def _of_maps(kind: str, part: Mapping[str, Any]) -> Measurement:
    about = {field: part.get(field) for field in ("data", "command", "weights")}
    return Measurement(kind, MAPS, {key: value for key, value in part.items() if key not in about}, **about)


def _kind_of(result: Mapping[str, Any]) -> str:
    """Infer a measurement's kind from its keys, as in cards of version 0.3."""
    own = {
        "attacked": "attack",
        "attack_detector": "attack-detector",
        "conditions": "conditions",
        "points": "sweep",
        "findings": "gradient",
        "auc": "detector",
    }
    return next((kind for key, kind in own.items() if key in result), "other")


def _measurements_of(whole: Mapping[str, Any]) -> tuple[Measurement, ...]:
    rows = read_value(_MeasuredFile, whole).measurements
    return tuple(
        Measurement(row.kind, row.label, row.result, row.data, row.command, row.date, row.weights) for row in rows
    )


def _merged(kept: Iterable[Measurement], new: Iterable[Measurement]) -> list[Measurement]:
    """Replace measurements of equal kind and label, append the others."""
    by_name = {(one.kind, one.label): one for one in kept}
    by_name |= {(one.kind, one.label): one for one in new}
    return list(by_name.values())
