"""Hold what the queue costs over a plain loop."""

from __future__ import annotations

from dataclasses import dataclass

from .answer_scope import Interval

MAX_OVERHEAD, MIN_EFFICIENCY, MAX_FIRST_ROW = 0.05, 0.9, 3.0  # aims; the last in seconds


@dataclass(frozen=True, slots=True, eq=False)
class AimedRow:
    """Hold one measured value beside its aim.

    what: was measured; value: of it; interval: of 95 %, None for a single measurement; aim: what it may reach at most,
        or where `most` is False at least.
    """

    what: str
    value: float
    interval: Interval
    aim: float
    most: bool = True

    @property
    def met(self) -> bool | None:
        """Return whether the aim is met; None where the interval leaves it open."""
        ends = {(end <= self.aim) if self.most else (end >= self.aim) for end in self.interval or (self.value,)}
        return ends.pop() if len(ends) == 1 else None


@dataclass(frozen=True, slots=True, eq=False)
class QueueTimes:
    """Hold the queue with one and two workers, and two plain loops at once.

    All ran over the same pictures, in turn; medians over rounds, starts of workers left out.

    files: pictures of a sample; rounds: samples of each; loop_cpu, queue_cpu: seconds a file of processor time, of two
    loops at once and of the queue's runner with two workers; one_worker, two_workers: of the queue, seconds a file by
    the clock; overhead: what the queue needs more processor time than the loops, as a share; task_cpu: seconds of
    processor time that the queue needs a task that is no work; task_share: the same as a share of loop_cpu;
    efficiency: the share of two workers' time that is won over one, 1 where they are twice as fast; plain_efficiency:
    the same of two plain loops over one, which is what the machine allows; dropped: pictures that are dropped at once;
    first_row, all_rows: seconds from then to the first row of the table, and to all; largest_gap: the most
    seconds in between without a new row.
    """

    files: int
    rounds: int
    loop_cpu: float
    queue_cpu: float
    one_worker: float
    two_workers: float
    overhead: float
    overhead_interval: Interval
    task_cpu: float
    task_share: float
    task_share_interval: Interval
    efficiency: float
    efficiency_interval: Interval
    plain_efficiency: float
    plain_efficiency_interval: Interval
    dropped: int
    first_row: float
    all_rows: float
    largest_gap: float

    @property
    def rows(self) -> tuple[AimedRow, ...]:
        """Return what has an aim, with it."""
        two, first = "efficiency of two workers", f"seconds from dropping {self.dropped} pictures to the first row"
        return (
            AimedRow("overhead", self.overhead, self.overhead_interval, MAX_OVERHEAD),
            AimedRow("overhead by tasks that are no work", self.task_share, self.task_share_interval, MAX_OVERHEAD),
            AimedRow(two, self.efficiency, self.efficiency_interval, MIN_EFFICIENCY, most=False),
            AimedRow(first, self.first_row, None, MAX_FIRST_ROW),
        )
