"""Compute arrays of digits block by block, and keep the blocks."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ..storage.files import atomic_write
from ..types import Array
from .base import StudyContext
from .mnist_file import Digits


@dataclass(frozen=True, slots=True)
class DigitBlocks:
    """Describe blocks of an array.

    stem: of their files; size: digits of a block, what a stop loses at most; axis: of the digits; least: blocks that
    are computed though the minutes are over; said: told with the progress.
    """

    stem: str
    size: int
    axis: int
    said: str
    least: int = 1


def kept_blocks(
    context: StudyContext, folder: Path, digits: Digits, blocks: DigitBlocks, compute: Callable[[Digits], Array]
) -> Array:
    """Compute an array of digits, or go on from what was kept.

    Ends where the minutes are over: its length on `blocks.axis` says how many digits there are.

    Args:
        context: of the study.
        folder: of the blocks.
        digits: in a random order.
        blocks: how they are cut and named.
        compute: makes the array of a block.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found: list[Array] = []
    steps = context.progress.counter(len(digits.labels), blocks.said)
    for number, rows in enumerate(torch.arange(len(digits.labels)).split(blocks.size)):
        path = folder / f"{blocks.stem}-{number:04}.npy"
        block = _kept(path, blocks.axis, len(rows))
        if block is None:
            if len(found) >= blocks.least and context.out_of_time():
                break
            block = compute(digits.at(rows))
            buffer = io.BytesIO()
            np.save(buffer, block)
            atomic_write(path, buffer.getvalue())
        found.append(block)
        steps.step(len(rows))
    return np.concatenate(found, blocks.axis)


def _kept(path: Path, axis: int, n: int) -> Array | None:
    """Read a block of `n` digits; None where it is missing or not whole."""
    try:
        found: Array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return None
    return found if found.ndim > axis and found.shape[axis] == n else None
