"""Values read back from their records: equal, lenient where a field may be missing, and named where wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from core.output.value_records import value_record
from core.types import InputError
from core.types.read_values import read_value
from core.types.recorded_fields import INLINE, LEFT_OUT


@dataclass(frozen=True)
class Inner:
    low: float
    high: float | None


@dataclass(frozen=True)
class Whole:
    name: str
    count: int
    right: bool
    ends: tuple[float, float]
    parts: tuple[Inner, ...]
    by_name: Mapping[str, Inner]
    either: Mapping[str, int] | int
    anything: Mapping[str, Any]
    more: Inner | None = field(default=None, metadata=LEFT_OUT)
    held: Inner | None = field(default=None, metadata=INLINE)
    words: str = "none"


WHOLE = Whole(
    "a",
    3,
    True,
    (0.5, 1.0),
    (Inner(1.0, None), Inner(2.0, 3.0)),
    {"b": Inner(4.0, 5.0)},
    {"c": 1},
    {"d": [1, "e"]},
    Inner(6.0, 7.0),
    Inner(8.0, 9.0),
)


@pytest.mark.parametrize("value", [WHOLE, Whole("", 0, False, (0.0, 1.0), (), {}, 4, {})])
def test_what_is_recorded_is_read_back(value: Whole) -> None:
    assert read_value(Whole, json.loads(json.dumps(value_record(value)))) == value


def test_unknown_keys_are_passed_over_and_whole_numbers_are_numbers() -> None:
    assert read_value(Inner, {"low": 1, "extra": 2}) == Inner(1, None)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": 3}, "the key name has to be text; what came is '3'"),
        ({"count": 2.5}, "the key count has to be a whole number; what came is '2.5'"),
        ({"count": True}, "the key count has to be a whole number; what came is 'True'"),
        ({"right": 1}, "the key right has to be true or false; what came is '1'"),
        ({"ends": [1]}, r"the key ends has to be a list of 2; what came is '\[1\]'"),
        ({"ends": [1, "x"]}, "the key ends.1 has to be a number; what came is 'x'"),
        ({"parts": {}}, "the key parts has to be a list; what came is '{}'"),
        ({"parts": [{"low": 1}, {}]}, "the key parts.1.low is missing"),
        ({"by_name": {"b": {"low": None}}}, "the key by_name.b.low has to be a number; what came is 'None'"),
        ({"by_name": 3}, "the key by_name has to be an object; what came is '3'"),
        ({"either": "x"}, "the key either has to be a whole number; what came is 'x'"),
        ({"more": {"low": "x"}}, "the key more.low has to be a number"),
        ({"low": "x"}, "the key low has to be a number; what came is 'x'"),
    ],
)
def test_a_wrong_key_is_named(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_value(Whole, {**value_record(WHOLE), **changed})


def test_a_missing_key_and_a_record_that_is_none_are_said() -> None:
    with pytest.raises(InputError, match="the key name is missing"):
        read_value(Whole, {})
    with pytest.raises(InputError, match=r"it has to be an object; what came is '\[\]'"):
        read_value(Whole, [])  # type: ignore[arg-type]
