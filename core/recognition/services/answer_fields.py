"""Read fields of a service's JSON; anything else than documented is refused."""

from __future__ import annotations

import math

from ...types import InputError

MAX_NAME = 200  # characters


def nonsense(title: str, what: str) -> InputError:
    """Make the error for an answer that is not as documented."""
    return InputError(f"{title} answered nonsense: {what}")


def field_list(title: str, values: object, key: str) -> list[dict[str, object]]:
    """Return a list of objects: `values[key]`, or `values` itself for ""."""
    found = values if not key else values.get(key) if isinstance(values, dict) else None
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise nonsense(title, f"{key or 'the answer'} is no list of objects")
    return found


def field_object(title: str, values: object, key: str) -> dict[str, object]:
    """Return the object `values[key]`."""
    found = values.get(key) if isinstance(values, dict) else None
    if not isinstance(found, dict):
        raise nonsense(title, f"{key} is no object")
    return found


def field_share(title: str, values: object, key: str, *, whole: float) -> float:
    """Return the number `values[key]` as a share of `whole`, in [0, 1].

    Args:
        title: of the service.
        values: the object.
        key: of the number.
        whole: what stands for 1: 100 for per cent.
    """
    found = values.get(key) if isinstance(values, dict) else None
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
        raise nonsense(title, f"{key} is no number")
    if not 0 <= found <= whole:
        raise nonsense(title, f"{key} is {found:g}, not in [0, {whole:g}]")
    return found / whole


def field_text(title: str, values: object, key: str) -> str:
    """Return the text `values[key]`: printable, not empty, of limited length."""
    found = values.get(key) if isinstance(values, dict) else None
    if not isinstance(found, str) or not found.strip() or len(found) > MAX_NAME or not found.isprintable():
        raise nonsense(title, f"{key} is no name")
    return found.strip()
