"""Have a person's checkpoint read in a process that may die."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal

from torch import Tensor

from ..sandbox.sandbox import Answer, Bounds, ParserStopped, Sandbox
from ..types import InputError
from . import checkpoint_limits as limits
from .plain_tensors import believed_tensor

Form = Literal["hdf5", "safetensors", "torch"]
PARSER = "core.storage.checkpoint_process"
PROCESSOR_S, ANSWER_S = 120, 300.0
FREE_MEMORY, MEMORY_RATIO = 7 * 2**26, 6  # bytes, and bytes for each of the file: parsers hold it several times


def read_apart(path: Path, form: Form) -> dict[str, Tensor]:
    """Read a checkpoint's tensors by key, as `parse_checkpoint` does in that process."""
    tensors: dict[str, Tensor] = {}
    with path.open("rb") as file:
        size, total = path.stat().st_size, 0
        try:
            for answer in _answers(path.name, form, file.fileno(), bounds_of(path)):
                key, tensor = believed_tensor(answer)
                tensors[key] = tensor
                total += tensor.numel() * tensor.element_size()
                limits.check_count(path.name, len(tensors))
                limits.check_unpacked(path.name, size, total)
        except ParserStopped as error:
            raise InputError(f"{path.name} made its reader stop: {error}; it cannot be read") from error
    return tensors


def bounds_of(path: Path) -> Bounds:
    """Return what parsing a checkpoint may cost."""
    return Bounds(FREE_MEMORY + MEMORY_RATIO * path.stat().st_size, PROCESSOR_S, ANSWER_S, limits.MAX_BYTES)


def _answers(name: str, form: Form, number: int, bounds: Bounds) -> Iterator[Answer]:
    return _sandbox().run("checkpoint", {"name": name, "form": form}, number, bounds)


@cache
def _sandbox() -> Sandbox:
    return Sandbox(PARSER)
