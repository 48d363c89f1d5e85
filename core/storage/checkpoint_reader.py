"""Have a person's checkpoint read in a process that may die."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal

from torch import Tensor

from ..sandbox.sandbox import Answer, Bounds, ParserStopped, Sandbox
from ..types import InputError, limits
from . import checkpoint_limits
from .plain_tensors import believed_tensor

Form = Literal["hdf5", "safetensors", "torch"]
PARSER = "core.storage.checkpoint_process"


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
                checkpoint_limits.check_count(path.name, len(tensors))
                checkpoint_limits.check_unpacked(path.name, size, total)
        except ParserStopped as error:
            raise InputError(f"{path.name} made its reader stop: {error}; it cannot be read") from error
    return tensors


def bounds_of(path: Path) -> Bounds:
    """Return what parsing a checkpoint may cost."""
    return Bounds(
        limits.CHECKPOINT_MEMORY + limits.CHECKPOINT_MEMORY_A_BYTE * path.stat().st_size,
        limits.CHECKPOINT_PROCESSOR_S,
        limits.CHECKPOINT_ANSWER_S,
        limits.CHECKPOINT_BYTES,
    )


def _answers(name: str, form: Form, number: int, bounds: Bounds) -> Iterator[Answer]:
    return _sandbox().run("checkpoint", {"name": name, "form": form}, number, bounds)


@cache
def _sandbox() -> Sandbox:
    return Sandbox(PARSER)
