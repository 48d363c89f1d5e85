"""Pack maps and a signature's place into bytes, and back."""

from __future__ import annotations

import io
import json
from typing import Any, NamedTuple

import numpy as np

from ..output.value_records import value_record
from ..types import Attribution, InputError, Placement
from ..types.foreign_json import parse_json
from ..types.read_values import read_value


class Explained(NamedTuple):
    """Hold maps and a signature's place of the crop with the id `of`.

    references: SHA-256 of the reference set that the place is in; "" where there is no place, or it was not noted.
    """

    of: str
    maps: list[Attribution]
    place: Placement | None
    references: str = ""


def pack_explained(explained: Explained) -> bytes:
    """Pack maps without their quality metrics, and a place; nothing is rounded."""
    of, maps, place, references = explained
    arrays = {f"map{number}": one.map for number, one in enumerate(maps)}
    rows = [[one.method, dict(one.settings), one.target, one.signed, one.seconds] for one in maps]
    text = json.dumps([of, rows, value_record(place) if place else None, references]).encode()
    out = io.BytesIO()
    np.savez_compressed(out, allow_pickle=False, rows=np.frombuffer(text, np.uint8), **arrays)
    return out.getvalue()


def unpack_explained(data: bytes) -> Explained:
    """Return the maps and the place that were packed."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as found:
            of, rows, place, *more = parse_json(found["rows"].tobytes())
            maps = [_map(found, number, of, *row) for number, row in enumerate(rows)]
            return Explained(of, maps, _place(place), *map(str, more))
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise InputError("the kept maps of this file are damaged; judge the file again") from error


def _map(found: Any, number: int, of: str, method: str, settings: Any, *facts: Any) -> Attribution:
    target, signed, seconds = facts
    return Attribution(method, settings, target, of, found[f"map{number}"], signed, (), seconds)


def _place(found: Any) -> Placement | None:
    """Read a place; one of an older version, without evidence, is none."""
    return read_value(Placement, found) if isinstance(found, dict) else None
