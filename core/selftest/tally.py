"""Count the trials of one check and what failed in them."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ..types import InputError
from ..types.check_rows import CheckRow

MAX_SECONDS = 2.0  # of processor time, of one trial
MAX_MEMORY = 512 * 2**20  # bytes over the idle process, of one trial
_EXAMPLES = 5


class Tally:
    """Count what one check tries.

    Until it has tried `wanted` or the time is up.

    due: on the monotonic clock, in seconds.
    """

    def __init__(self, check: str, what: str, wanted: int, due: float) -> None:
        self.check, self.what, self.wanted, self.due = check, what, wanted, due
        self.tried, self.failed = 0, Counter[str]()
        self.examples: list[str] = []
        self.began = time.monotonic()
        self.ratio: float | None = None
        self.aim = 0.0

    def trials(self) -> Iterator[int]:
        """Yield the number of each trial, and count it once done.

        At least one is made.
        """
        for number in range(self.wanted):
            if number and time.monotonic() > self.due:
                return
            yield number
            self.tried += 1

    def fail(self, kind: str, words: str) -> None:
        """Count a failure.

        kind: "tracebacks", "over_2_s", "over_512_mb" or "wrong".
        """
        self.failed[kind] += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(words[:300])

    def measure(self, ratio: float, aim: float) -> None:
        """Note the measured ratio, and the largest that is aimed at."""
        self.ratio, self.aim = round(ratio, 3), aim

    def check_cost(self, words: str, seconds: float, memory: int) -> None:
        """Count a trial that cost too much.

        Args:
            words: what was tried.
            seconds: of processor time.
            memory: bytes over the idle process.
        """
        if seconds > MAX_SECONDS:
            self.fail("over_2_s", f"{words}: {seconds:.1f} s")
        if memory > MAX_MEMORY:
            self.fail("over_512_mb", f"{words}: {memory / 2**20:.0f} MB")

    @contextlib.contextmanager
    def measured(self, words: str) -> Iterator[None]:
        """Measure the block, which may refuse with an `InputError` and raise nothing else."""
        before, began = _reset_peak(), time.process_time()
        with contextlib.suppress(InputError), self.counted(words):
            yield
        self.check_cost(words, time.process_time() - began, memory_of("self", "VmHWM") - before)

    @contextlib.contextmanager
    def counted(self, words: str) -> Iterator[None]:
        """Count an error of the block that is no `InputError`; that one goes on."""
        try:
            yield
        except InputError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
            self.fail("tracebacks", f"{words}: {type(error).__name__}: {error}")

    @contextlib.contextmanager
    def refused(self, words: str) -> Iterator[None]:
        """Count an `InputError` that ends the whole check."""
        try:
            yield
        except InputError as error:
            self.fail("wrong", f"{words}: {error}")

    def row(self) -> CheckRow:
        """Return the counts."""
        return CheckRow(
            self.check,
            self.what,
            self.wanted,
            self.tried,
            self.failed["tracebacks"],
            self.failed["over_2_s"],
            self.failed["over_512_mb"],
            self.failed["wrong"],
            round(time.monotonic() - self.began, 1),
            tuple(self.examples),
            self.ratio,
            self.aim,
        )


def _reset_peak() -> int:
    """Let the peak of memory begin here; return the memory in bytes.

    0 where the system does not tell.
    """
    with contextlib.suppress(OSError), Path("/proc/self/clear_refs").open("w", encoding="ascii") as file:
        file.write("5")
    return memory_of("self", "VmHWM")


def memory_of(process: int | str, key: str) -> int:
    """Return a process's bytes by a key of Linux, such as "VmRSS".

    0 where the system does not tell.
    """
    with contextlib.suppress(OSError), Path(f"/proc/{process}/status").open(encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith(f"{key}:"):
                return int(line.split()[1]) * 1024
    return 0
