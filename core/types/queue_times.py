"""Hold what the queue costs over a plain loop."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class QueueTimes:
    """Hold a plain loop and the queue with one and two workers.

    All three ran over the same pictures.

    files: pictures; loop, one_worker, two_workers: seconds a file by the clock, starts left out; loop_cpu,
    one_worker_cpu, two_workers_cpu: seconds a file of processor time, of the runner and its workers together.
    """

    files: int
    loop: float
    one_worker: float
    two_workers: float
    loop_cpu: float
    one_worker_cpu: float
    two_workers_cpu: float

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
