"""Wait for the turns on one detector that tests are about."""

from __future__ import annotations

import time
from collections.abc import Callable

from core.detectors.inference_queue import InferenceQueue


def until(true: Callable[[], bool]) -> None:
    for _ in range(20_000):
        if true():
            return
        time.sleep(0.001)
    raise AssertionError("it never came")


def waiting(queue: InferenceQueue) -> int:
    return len(queue._verdicts) + len(queue._long)
