"""Read a TensorFlow Lite file: operators in order, with their constants."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from ..types import Array, InputError

FLOAT32 = 0  # TensorType in the schema
CONVOLUTION, DEPTHWISE, MULTIPLY = 3, 4, 18  # BuiltinOperator in the schema
MAX_ITEMS = 10_000  # of one list


@dataclass(frozen=True, slots=True, eq=False)
class LiteOperator:
    """Hold one operator.

    code: in the schema; constants: its constant inputs, float32, in order.
    """

    code: int
    constants: tuple[Array, ...]


class _Table:
    """Read one table of a FlatBuffer."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at
        self.fields = at - self.read("<i", at)

    def read(self, form: str, at: int) -> int:
        if at < 0:
            raise ValueError(at)
        return int(struct.unpack_from(form, self.data, at)[0])

    def place(self, field: int) -> int | None:
        where = 4 + 2 * field
        if where >= self.read("<H", self.fields):
            return None
        offset = self.read("<H", self.fields + where)
        return self.at + offset if offset else None

    def number(self, field: int, form: str) -> int:
        at = self.place(field)
        return 0 if at is None else self.read(form, at)

    def vector(self, field: int) -> tuple[int, int]:
        """Return where a list begins, and its length."""
        at = self.place(field)
        if at is None:
            return 0, 0
        at += self.read("<I", at)
        return at + 4, self.read("<I", at)

    def tables(self, field: int) -> list[_Table]:
        at, count = self.vector(field)
        if count > MAX_ITEMS:
            raise ValueError(count)
        return [_Table(self.data, at + 4 * i + self.read("<I", at + 4 * i)) for i in range(count)]

    def integers(self, field: int) -> list[int]:
        at, count = self.vector(field)
        if count > MAX_ITEMS:
            raise ValueError(count)
        return list(struct.unpack_from(f"<{count}i", self.data, at))

    def bytes_of(self, field: int) -> bytes:
        at, count = self.vector(field)
        if at + count > len(self.data):
            raise ValueError(count)
        return self.data[at : at + count]


def read_operators(data: bytes, name: str) -> list[LiteOperator]:
    """Read the operators of a file's only graph, with the float32 constants they take.

    `name`: of the file, for the sentence of the `InputError` where it is no such file.
    """
    try:
        if data[4:8] != b"TFL3":
            raise ValueError("no TensorFlow Lite file")
        model = _Table(data, struct.unpack_from("<I", data)[0])
        codes = [max(one.number(0, "<b"), one.number(3, "<i")) for one in model.tables(1)]
        graph, buffers = model.tables(2)[0], model.tables(4)
        tensors = [_constant(tensor, buffers) for tensor in graph.tables(0)]
        return [
            LiteOperator(
                codes[one.number(0, "<I")],
                tuple(found for i in one.integers(1) if i >= 0 and (found := tensors[i]) is not None),
            )
            for one in graph.tables(3)
        ]
    except (struct.error, ValueError, IndexError) as error:
        raise InputError(f"{name} is no TensorFlow Lite file that can be read, or it is cut off") from error


def _constant(tensor: _Table, buffers: list[_Table]) -> Array | None:
    raw = buffers[tensor.number(2, "<I")].bytes_of(0)
    if not raw or tensor.number(1, "<b") != FLOAT32:
        return None
    return np.frombuffer(raw, "<f4").astype(np.float32).reshape(tensor.integers(0))
