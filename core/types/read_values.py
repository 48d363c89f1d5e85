"""Read values back from records, as `output.value_records` makes them."""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, TypeVar

from .errors import InputError

T = TypeVar("T")


def read_value(kind: type[T], said: Mapping[str, Any]) -> T:
    """Read a value from a record, its fields by name.

    A field of a record that may be None, or has a default, may be missing; keys that are no field are passed over.
    Raises `InputError`, which names the key that is missing or wrong.
    """
    found: T = _read(kind, said, "")
    return found


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _read(kind: Any, said: Any, where: str) -> Any:
    """Read what stands at a key; `where`: the keys on the way to it."""
    if kind is Any or kind is object:
        return said
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return _either(parts, said, where)
    if origin is tuple:
        return _list(parts, said, where)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {name: _read(parts[1], item, _at(where, name)) for name, item in _object(said, where).items()}
    if is_dataclass(kind):
        return _fields(kind, _object(said, where), where)
    if kind is float and isinstance(said, int) and not isinstance(said, bool):
        return said
    _check(isinstance(said, kind) and (kind is bool or not isinstance(said, bool)), _NAMES[kind], said, where)
    return said


_NAMES = {float: "a number", int: "a whole number", bool: "true or false", str: "text"}


def _either(parts: tuple[Any, ...], said: Any, where: str) -> Any:
    if said is None and type(None) in parts:
        return None
    wanted = [part for part in parts if part is not type(None)]
    for part in wanted[:-1]:
        try:
            return _read(part, said, where)
        except InputError:
            continue
    return _read(wanted[-1], said, where)


def _list(parts: tuple[Any, ...], said: Any, where: str) -> tuple[Any, ...]:
    _check(isinstance(said, (list, tuple)), "a list", said, where)
    if parts[1:] == (...,):
        return tuple(_read(parts[0], item, _at(where, str(number))) for number, item in enumerate(said))
    _check(len(said) == len(parts), f"a list of {len(parts)}", said, where)
    return tuple(
        _read(part, item, _at(where, str(number))) for number, (part, item) in enumerate(zip(parts, said, strict=True))
    )


def _fields(kind: Any, said: Mapping[str, Any], where: str) -> Any:
    found = {}
    for one in fields(kind):
        hint = _hints(kind)[one.name]
        may_lack = type(None) in typing.get_args(hint)
        if "inline" in one.metadata and typing.get_origin(hint) is Mapping:
            found[one.name] = _read(hint, said, where)
        elif "inline" in one.metadata:
            part = next(each for each in (*typing.get_args(hint), hint) if is_dataclass(each))
            there = not may_lack or any(each.name in said for each in fields(part))
            found[one.name] = _fields(part, said, where) if there else None
        elif one.name in said:
            found[one.name] = _read(hint, said[one.name], _at(where, one.name))
        elif one.default is MISSING and one.default_factory is MISSING:
            if not may_lack:
                raise InputError(f"the key {_at(where, one.name)} is missing")
            found[one.name] = None
    return kind(**found)


def _object(said: Any, where: str) -> Mapping[str, Any]:
    _check(isinstance(said, Mapping), "an object", said, where)
    given: Mapping[str, Any] = said
    return given


def _check(fine: bool, what: str, said: Any, where: str) -> None:
    if not fine:
        raise InputError(f"{(where and f'the key {where}') or 'it'} has to be {what}; what came is {str(said)[:60]!r}")


def _at(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
