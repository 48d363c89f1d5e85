"""Read JSON that others may have written: bundles, cards, answers of services."""

from __future__ import annotations

import json
from typing import Any

from .errors import InputError

MAX_LEVELS = 100  # of objects and lists in one another: what reads them calls itself at each level


def parse_json(text: bytes | str) -> Any:
    """Parse JSON of bounded depth, or raise a `ValueError`."""
    try:
        found = json.loads(text)
    except RecursionError:
        raise _too_deep() from None
    level = [found]
    for _ in range(MAX_LEVELS):
        level = [inner for one in level for inner in _inside(one) if isinstance(inner, (dict, list))]
        if not level:
            return found
    raise _too_deep()


def _inside(one: Any) -> list[Any]:
    return list(one.values()) if isinstance(one, dict) else one if isinstance(one, list) else []


def _too_deep() -> InputError:
    return InputError(f"its JSON has more than {MAX_LEVELS} levels in one another")
