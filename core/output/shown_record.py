"""Hold what a page shows as a record that a case can keep."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..types import InputError
from .csv_text import csv_text
from .records import Record
from .value_records import plain

KIND = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")

Content = bytes | Path | Callable[[], bytes]  # of a file; what takes long is made when it is kept


@dataclass(frozen=True, slots=True, eq=False)
class ShownRecord:
    """Hold one step that was done on a page.

    kind: what was done, small letters and dashes; words: the conclusion, one sentence; settings: all of them, with
    seed and version of the detector; results: what is offered as JSON; files: what is offered beside it, by name;
    weights: SHA-256 by model, of those that it was made with and that its page knows.
    """

    kind: str
    words: str
    settings: Record
    results: Record
    files: Mapping[str, Content] = field(default_factory=dict)
    weights: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse kinds and names that are no names of files."""
        if not KIND.fullmatch(self.kind):
            raise InputError(f"the kind of a record is of small letters and dashes; what came is {self.kind!r}")
        for name in self.files:
            if not FILE.fullmatch(name):
                raise InputError(f"a record's file is named by letters, digits, dot, dash; what came is {name!r}")

    def record(self) -> Record:
        """Record it: kind, words, settings, results, the names of its files."""
        named = {"kind": self.kind, "words": " ".join(self.words.split()), "settings": self.settings}
        found: Record = _as_json({**named, "results": self.results, "files": sorted(self.files)})
        return found

    def text(self) -> bytes:
        """Write the record as JSON, the same for the same record."""
        return (json.dumps(self.record(), indent=1, ensure_ascii=True, allow_nan=False) + "\n").encode()


def csv_file(rows: Iterable[Mapping[str, Any]]) -> Callable[[], bytes]:
    """Return what writes rows as a CSV file, once it is kept: pages hand it in at each drawing."""
    kept = list(rows)
    return lambda: csv_text(kept).encode()


def _as_json(value: Any) -> Any:
    """Turn a value into what JSON holds. Infinities and NaN become null."""
    if isinstance(value, np.generic):
        value = value.item()
    value = plain(value)
    if isinstance(value, Mapping):
        return {str(name): _as_json(one) for name, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset, np.ndarray)):
        return [_as_json(one) for one in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)
