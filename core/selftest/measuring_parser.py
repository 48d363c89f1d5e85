"""Parse a checkpoint inside a confined process, and tell what it cost."""

from __future__ import annotations

import time
from collections.abc import Iterator

from ..sandbox.channel import Values
from ..storage import checkpoint_process
from ..types import Array, InputError
from .measuring_reader import peak_memory


def answer(task: str, values: Values, file: int) -> Iterator[tuple[Values, Array | None]]:
    """Read a checkpoint's tensors to the end.

    Answers the outcome ("read", "refused", "memory" or "traceback"), words, processor seconds and bytes over the start.
    """
    before, began = peak_memory(), time.process_time()
    outcome, words = "read", ""
    try:
        for _ in checkpoint_process.answer(task, values, file):
            pass
    except InputError as error:
        outcome, words = "refused", str(error)
    except MemoryError:
        outcome, words = "memory", "it needed more memory than it may have"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        outcome, words = "traceback", f"{type(error).__name__}: {error}"
    spent = {"seconds": time.process_time() - began, "memory": peak_memory() - before}
    yield {"outcome": outcome, "words": words, **spent}, None
