"""Pack maps and a signature's place into bytes, and back."""

from __future__ import annotations

import io
import json
from dataclasses import astuple
from typing import Any, NamedTuple

import numpy as np

from ..types import Attribution, InputError, Neighbour, Placement
from ..types.foreign_json import parse_json


class Explained(NamedTuple):
    """Hold maps and a signature's place of the crop with the id `of`."""

    of: str
    maps: list[Attribution]
    place: Placement | None


def pack_explained(explained: Explained) -> bytes:
    """Pack maps without their quality metrics, and a place; nothing is rounded."""
    of, maps, place = explained
    arrays = {f"map{number}": one.map for number, one in enumerate(maps)}
    rows = [[one.method, dict(one.settings), one.target, one.signed, one.seconds] for one in maps]
    found = [place.xy, [astuple(near) for near in place.neighbours], place.novelty] if place else None
    text = json.dumps([of, rows, found]).encode()
    out = io.BytesIO()
    np.savez_compressed(out, allow_pickle=False, rows=np.frombuffer(text, np.uint8), **arrays)
    return out.getvalue()


def unpack_explained(data: bytes) -> Explained:
    """Return the maps and the place that were packed."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as found:
            of, rows, place = parse_json(found["rows"].tobytes())
            return Explained(of, [_map(found, number, of, *row) for number, row in enumerate(rows)], _place(place))
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise InputError("the kept maps of this file are damaged; judge the file again") from error


def _map(found: Any, number: int, of: str, method: str, settings: Any, *facts: Any) -> Attribution:
    target, signed, seconds = facts
    return Attribution(method, settings, target, of, found[f"map{number}"], signed, (), seconds)


def _place(found: Any) -> Placement | None:
    if found is None:
        return None
    (x, y), near, novelty = found
    return Placement((x, y), tuple(Neighbour(*one) for one in near), novelty)
