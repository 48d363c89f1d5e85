"""Make safetensors files whose header lies about what follows, or costs much."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from functools import partial

Made = Callable[[], bytes]
_COUNT = 40_000


def _framed(header: str, data: bytes = bytes(4), *, length: int | None = None) -> bytes:
    """Return a file of this header and data; `length`: claimed."""
    text = header.encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + data


def _one(dtype: str = '"F32"', shape: str = "[1]", offsets: str = "[0, 4]", data: bytes = bytes(4)) -> bytes:
    """Return a file of one tensor, its facts in JSON."""
    return _framed(f'{{"w": {{"dtype": {dtype}, "shape": {shape}, "data_offsets": {offsets}}}}}', data)


def _two(first: str, second: str, data: bytes) -> bytes:
    fact = '{{"dtype": "F32", "shape": [2], "data_offsets": {}}}'
    return _framed(f'{{"v": {fact.format(first)}, "w": {fact.format(second)}}}', data)


def _many() -> bytes:
    fact = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
    return _framed(json.dumps({f"w{number}": fact for number in range(_COUNT)}), b"")


def _same(count: int) -> bytes:
    fact = '"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}'
    return _framed("{" + ", ".join([fact] * count) + "}")


def _spoilt(dtype: str, data: bytes) -> bytes:
    return _one(f'"{dtype}"', "[1]", f"[0, {len(data)}]", data)


def _key(key: str, value: float = 0.0) -> bytes:
    fact = '{"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}'
    return _framed(f'{{"{key}": {fact}}}', struct.pack("<f", value))


SAFETENSORS: Mapping[str, Made] = {
    "safetensors with offset 1e400": partial(_one, offsets="[0, 1e400]"),
    "safetensors with offset -4": partial(_one, offsets="[0, -4]"),
    "safetensors with an offset of 4,300 digits": partial(_one, offsets=f"[0, {'9' * 4300}]"),
    "safetensors with an offset of a million digits": partial(_one, offsets=f"[0, {'9' * 10**6}]"),
    "safetensors with offset NaN": partial(_one, offsets="[0, NaN]"),
    "safetensors with an offset in text": partial(_one, offsets='[0, "4"]'),
    "safetensors with one offset": partial(_one, offsets="[4]"),
    "safetensors whose offsets run backwards": partial(_one, offsets="[4, 0]"),
    "safetensors with data behind its tensors": partial(_one, data=bytes(400)),
    "safetensors with overlapping tensors": partial(_two, "[0, 8]", "[4, 12]", bytes(12)),
    "safetensors with a hole": partial(_two, "[0, 8]", "[12, 20]", bytes(20)),
    "safetensors of two tensors in one place": partial(_two, "[0, 8]", "[0, 8]", bytes(8)),
    "safetensors with shape -1": partial(_one, shape="[-1]"),
    "safetensors with a shape of 2^64 numbers": partial(_one, shape="[4294967296, 4294967296]"),
    "safetensors with a shape of 2^80 numbers and 0": partial(_one, shape=f"[{2**40}, {2**40}, 0]", offsets="[0, 0]"),
    "safetensors with another shape than its data": partial(_one, shape="[1000]"),
    "safetensors with a million dimensions": partial(_one, shape=f"[{','.join(['1'] * 10**6)}]"),
    "safetensors with a hundred dimensions": partial(_one, shape=f"[{', '.join(['1'] * 100)}]"),
    "safetensors with a shape that is no list": partial(_one, shape='{"0": 1}'),
    "safetensors of an unknown type": partial(_one, dtype='"F31"'),
    "safetensors with a number for a type": partial(_one, dtype="32"),
    "safetensors of 40,000 tensors": _many,
    "safetensors of one key twice": partial(_same, 2),
    "safetensors of one key 40,000 times": partial(_same, 40_000),
    "safetensors with a header of 2^62 bytes": partial(_framed, "{}", length=2**62),
    "safetensors with a header of 99 MB": partial(_framed, "{}", length=99_000_000),
    "safetensors with a header of one byte": partial(_framed, "{}", length=1),
    "safetensors of no tensors": partial(_framed, "{}", b""),
    "safetensors whose header is no JSON": partial(_framed, "{" * 100),
    "safetensors nested a million deep": partial(_framed, '{"w":' + "[" * 10**6 + "]" * 10**6 + "}"),
    "safetensors nested deep in its notes": partial(
        _framed, '{"__metadata__": {"a": ' + '{"a": ' * 10**5 + "1" + "}" * 10**5 + "}}"
    ),
    "safetensors whose notes are a number": partial(
        _framed, '{"__metadata__": 1, "w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}'
    ),
    "safetensors with a key of a million letters": partial(_key, "w" * 10**6),
    "safetensors with NaN in a key of a million letters": partial(_key, "w" * 10**6, float("nan")),
    "safetensors with half a surrogate in a key": partial(_key, "\\ud800"),
    "safetensors with NaN": partial(_spoilt, "F32", struct.pack("<f", float("nan"))),
    "safetensors with infinity in half precision": partial(_spoilt, "F16", struct.pack("<e", float("-inf"))),
    "safetensors with NaN in eight bits": partial(_spoilt, "F8_E4M3", b"\x7f"),
}
