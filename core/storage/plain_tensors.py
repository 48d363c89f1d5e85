"""Take tensors from a process that may die. Plain facts and bytes are checked before they are believed."""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor

from ..sandbox.channel import Values
from ..sandbox.sandbox import Answer, ParserStopped
from ..types import Array, limits

DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        *(torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2),
        *(torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool, torch.complex64),
        *(torch.uint16, torch.uint32, torch.uint64),
    )
}


def plain_tensor(key: str, tensor: Tensor) -> tuple[Values, Array | None]:
    """Return a tensor's key, type and shape, and its bytes.

    An empty tensor has none.
    """
    facts = {"key": key, "dtype": str(tensor.dtype).removeprefix("torch."), "shape": list(tensor.shape)}
    return facts, tensor.contiguous().reshape(-1).view(torch.uint8).numpy() if tensor.numel() else None


def believed_tensor(answer: Answer) -> tuple[str, Tensor]:
    """Return the key and the tensor of an answer of `plain_tensor`. Raise `ParserStopped` for any other."""
    try:
        dtype = DTYPES[str(answer.values["dtype"])]
        shape = tuple(map(int, cast(list[int], answer.values["shape"])))
        if len(shape) > limits.MAX_DIMENSIONS:
            raise ValueError(len(shape))
        if answer.array is None:
            if math.prod(shape):
                raise ValueError(shape)
            return str(answer.values["key"]), torch.empty(shape, dtype=dtype)
        return str(answer.values["key"]), torch.from_numpy(answer.array).view(dtype).reshape(shape)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ParserStopped("it answered what no reader answers") from error
