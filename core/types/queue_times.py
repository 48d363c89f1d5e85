"""Hold what the queue costs over a plain loop."""

from __future__ import annotations

from dataclasses import dataclass

MAX_OVERHEAD, MIN_EFFICIENCY, MAX_FIRST_ROW = 0.05, 0.9, 3.0  # aims; the last in seconds


@dataclass(frozen=True, slots=True, eq=False)
class AimedRow:
    """Hold one measured value beside its aim.

    what: was measured; value: of it; aim: what it may reach at most, or where `most` is False at least.
    """

    what: str
    value: float
    aim: float
    most: bool = True

    @property
    def met(self) -> bool:
        """Return whether the aim is met."""
        return self.value <= self.aim if self.most else self.value >= self.aim


@dataclass(frozen=True, slots=True, eq=False)
class QueueTimes:
    """Hold a plain loop and the queue with one and two workers.

    All three ran over the same pictures.

    files: pictures; loop, one_worker, two_workers: seconds a file by the clock, starts left out; loop_cpu,
    one_worker_cpu, two_workers_cpu: seconds a file of processor time, of the runner and its workers together;
    dropped: pictures that are dropped at once; first_row: seconds from then to the first row of the table.
    """

    files: int
    loop: float
    one_worker: float
    two_workers: float
    loop_cpu: float
    one_worker_cpu: float
    two_workers_cpu: float
    dropped: int
    first_row: float

    @property
    def overhead(self) -> float:
        """Return what two workers need more than the loop, as a share.

        In processor time.
        """
        return self.two_workers_cpu / self.loop_cpu - 1

    @property
    def efficiency(self) -> float:
        """Return the share of two workers' time that is won.

        1 where two are twice as fast as one.
        """
        return self.one_worker / (2 * self.two_workers)

    @property
    def rows(self) -> tuple[AimedRow, ...]:
        """Return what has an aim, with it."""
        return (
            AimedRow("overhead", self.overhead, MAX_OVERHEAD),
            AimedRow("efficiency of two workers", self.efficiency, MIN_EFFICIENCY, most=False),
            AimedRow(f"seconds from dropping {self.dropped} pictures to the first row", self.first_row, MAX_FIRST_ROW),
        )
